"""Contact ID event codes (SIA DC-05): what each means to us.

One line a code or range: code, kind of incident, urgency (1 life in danger to 4 for
information), what its last three digits number, its SIA codes (DC-03) as a new event and as
a restore (`-`: none), and our own words for it.
"""

from typing import Final

CONTACT_ID: Final = """
100 medical       1 zone MA MH medical alarm
101 medical       1 zone QA QH call for personal help
102 lone_worker   1 zone QA QH did not report in
103 medical       1 zone MA MH fall detected
110 fire          1 zone FA FH fire
111 fire          1 zone FA FH smoke
112 fire          1 zone FA FH combustion
113 fire          1 zone SA SH sprinkler water flows
114 fire          1 zone KA KH heat
115 fire          1 zone FA FH fire call point pulled
116 fire          1 zone FA FH smoke in a duct
117 fire          1 zone FA FH flame
118 fire          1 zone FA FH fire detector close to alarm
120 panic         1 zone PA PH panic button
121 duress        1 user HA HH duress code entered
122 holdup        1 zone HA HH silent hold-up alarm
123 panic         1 zone PA PH audible panic alarm
124 duress        1 zone HA HH duress, let in
125 duress        1 zone HA HH duress, let out
126 holdup        1 user HA HH hold-up suspected, pictures taken
129 panic         1 zone PA PH panic alarm confirmed
130 intrusion     2 zone BA BH burglary
131 intrusion     2 zone BA BH burglary at the perimeter
132 intrusion     2 zone BA BH burglary inside
133 intrusion     2 zone BA BH burglary in a 24-hour zone or safe
134 intrusion     2 zone BA BH burglary at the entrance
135 intrusion     2 zone BA BH burglary, day and night zone
136 intrusion     2 zone BA BH burglary outdoors
137 tamper        2 zone TA TR tamper
138 intrusion     2 zone BA BH burglary detector close to alarm
139 intrusion     2 zone BV BH burglary confirmed
140 intrusion     2 zone UA UH general alarm
141 technical     2 zone ET ER detector bus open
142 technical     2 zone ET ER detector bus shorted
143 technical     2 zone ET ER extension module fails
144 tamper        2 zone TA TR detector tampered with
145 tamper        2 zone ES EJ extension module tampered with
146 intrusion     2 zone BA BH silent burglary
147 technical     2 zone UT UJ supervision of a detector lost
150 technical     2 zone UA UH alarm of a 24-hour zone, no burglary
151 fire          1 zone GA GH gas detected
152 technical     2 zone KA KH refrigeration fails
153 technical     2 zone ZA ZH heating fails
154 technical     2 zone WA WH water leak
155 intrusion     2 zone BA BH window foil broken
156 technical     3 zone BT BJ zone trouble by day
157 technical     3 zone GT GJ gas bottle low
158 technical     2 zone KA KH temperature too high
159 technical     2 zone ZA ZH temperature too low
161 technical     2 zone UA UH no air flow
162 fire          1 zone GA GH carbon monoxide detected
163 technical     2 zone UA UH tank level
168 technical     2 zone UA UH humidity too high
169 technical     2 zone UA UH humidity too low
200 technical     2 zone FS FV fire installation watched
201 technical     2 zone SS SJ water pressure low
202 technical     2 zone GS GR carbon dioxide low
203 technical     2 zone SS SJ gate valve moved
204 technical     2 zone SS SJ water level low
205 technical     2 zone SS SJ pump runs
206 technical     2 zone ST SJ pump fails
300 technical     3 zone YX YZ system trouble
301 power         3 zone AT AR mains lost
302 power         3 zone YT YR system battery low
303 technical     3 zone YF -  panel memory damaged
304 technical     3 zone YF -  panel program damaged
305 technical     4 zone RR -  panel restarted
306 technical     3 zone YG -  panel programming changed
307 technical     3 zone YU YZ panel fails its own test
308 technical     2 zone YX YZ panel shut down
309 power         3 zone YT YR battery test failed
310 technical     3 zone YX YZ ground fault
311 power         3 zone YM YR battery missing or dead
312 power         3 zone YI YJ power supply overloaded
313 technical     4 user RN -  reset by the installer
314 power         3 zone YP YQ power supply fails
315 technical     3 zone YX YZ system trouble, other
316 tamper        2 zone TA TR system tampered with
317 tamper        2 zone TA TR control panel tampered with
320 technical     3 zone YA YH sounder or relay trouble
321 technical     3 zone YA YH bell 1 trouble
322 technical     3 zone YA YH bell 2 trouble
323 technical     3 zone RC RO alarm relay trouble
324 technical     3 zone RC RO trouble relay trouble
325 technical     3 zone RC RO reversing relay trouble
326 technical     3 zone YA YH sounder circuit 3 trouble
327 technical     3 zone YA YH sounder circuit 4 trouble
330 technical     3 zone ET ER peripheral trouble
331 technical     3 zone ET ER peripheral bus open
332 technical     3 zone ET ER peripheral bus shorted
333 technical     3 zone ET ER extension module trouble
334 technical     3 zone ET ER repeater fails
335 technical     4 zone VO VI printer out of paper
336 technical     4 zone VT VR printer fails
337 power         3 zone ET ER module without direct current
338 power         3 zone ET ER module battery low
339 technical     3 zone ET ER module restarted
341 tamper        2 zone ES EJ module tampered with
342 power         3 none ET ER module without mains
343 technical     3 zone ET ER module fails its own test
344 communication 2 zone XQ XH radio receiver jammed
345 communication 3 zone YX YZ encryption switched off
350 communication 2 zone YC YK communication trouble
351 communication 2 zone LT LR telephone line 1 fails
352 communication 2 zone LT LR telephone line 2 fails
353 communication 2 zone YC YK long-range radio fails
354 communication 2 zone YC YK an event could not be reported
355 communication 2 zone YC YK radio supervision lost
356 communication 2 zone YC YK polling by the centre lost
357 communication 3 zone YC YK radio aerial mismatched
358 test          4 zone RP -  periodic communication test
370 technical     3 zone UT UJ detection loop trouble
371 technical     3 zone UT UJ detection loop open
372 technical     3 zone UT UJ detection loop shorted
373 technical     2 zone FT FJ fire loop trouble
374 intrusion     2 zone EA BH alarm when leaving
375 technical     2 zone PT PJ panic zone trouble
376 technical     2 zone HT HJ hold-up zone trouble
377 technical     3 zone BD BE zone shut out for too many alarms
378 technical     3 zone BG -  only one of two crossed zones
380 technical     3 zone UT UJ detector trouble
381 communication 3 zone YC YK radio detector not heard
382 communication 3 zone YC YK bus detector not heard
383 tamper        2 zone TA TR detector cover open
384 power         3 zone XT XR radio detector battery low
385 technical     3 zone FT FJ smoke detector too sensitive
386 technical     2 zone FT FJ smoke detector not sensitive enough
387 technical     3 zone BT BJ intruder detector too sensitive
388 technical     3 zone BT BJ intruder detector not sensitive enough
389 technical     3 zone UT UJ detector fails its own test
391 technical     3 zone BZ BR detector saw nothing for too long
392 technical     3 zone FT FJ detector drifted
393 technical     4 zone YX YZ maintenance due
394 technical     3 zone GT GJ carbon monoxide detector to be replaced
400 open_close    4 user OP CL opened or closed
401 open_close    4 user OP CL opened or closed by a user
402 open_close    4 user OG CG area opened or closed
403 open_close    4 user OA CA opened or closed by itself
404 late_close    3 user OT CJ late to open or close
405 open_close    4 user CE -  closing put off
406 cancel        3 user BC -  alarm cancelled by a user
407 open_close    4 user OQ CQ opened or closed from afar
408 open_close    4 user OP CL closed without a code
409 open_close    4 user OS CS opened or closed by key switch
411 technical     4 user RB -  call-back asked for
412 technical     4 user RS -  remote access succeeded
413 technical     3 user RU -  remote access failed
414 technical     2 user YX YZ system told to shut down
415 communication 2 user YC YK dialler told to shut down
416 technical     4 zone RS -  data sent to the panel
421 access        3 user DD -  access denied
422 access        4 user DG -  access by a user
423 intrusion     2 zone DF DR door forced
424 access        3 user DD -  exit denied
425 access        4 user DG -  exit granted
426 access        3 zone DL DH door left open
427 technical     3 zone DT DR door contact trouble
428 technical     3 zone DT DR exit button trouble
429 access        4 user LB -  access programming begun
430 access        4 user LX -  access programming ended
431 access        3 user -  -  threat level changed
432 technical     3 zone DT DR access relay fails
433 access        4 zone DO DC exit button shunted
434 access        4 zone DO DC door contact shunted
435 access        4 user DG -  second person let in
436 access        3 user DG -  irregular access
441 open_close    4 user NL OP armed, people stay
442 open_close    4 user CS OS armed by key switch, people stay
443 open_close    3 user CF OP armed in spite of a trouble
444 open_close    4 user NL OP armed for the night
450 early_open    3 user OP CL opened or closed against the schedule
451 early_open    2 user OK CK opened or closed too early
452 late_close    3 user OJ CJ opened or closed too late
453 late_close    3 user OI -  not opened in time
454 late_close    2 user CI -  not closed in time
455 late_close    2 user CI -  arming by itself failed
456 open_close    4 user CG OG armed in part
457 open_close    3 user EE -  mistake when leaving
458 open_close    3 user JP -  a user is on the premises
459 open_close    4 user CR -  alarm soon after closing
461 access        3 zone JA -  wrong code entered
462 access        4 user DG -  valid code entered
463 open_close    4 user CL -  armed again after an alarm
464 open_close    4 user CE -  arming by itself put off
465 panic         1 zone PH -  panic alarm reset
466 access        4 user -  -  service came or left
501 bypass        3 zone -  -  card reader switched off
520 bypass        3 zone YA YH sounder or relay switched off
521 bypass        3 zone YA YH bell 1 switched off
522 bypass        3 zone YA YH bell 2 switched off
523 bypass        3 zone RO RC alarm relay switched off
524 bypass        3 zone RO RC trouble relay switched off
525 bypass        3 zone RO RC reversing relay switched off
526 bypass        3 zone YA YH sounder circuit 3 switched off
527 bypass        3 zone YA YH sounder circuit 4 switched off
531 technical     4 zone EN -  module added
532 technical     3 zone EM EN module removed
551 bypass        2 zone YC YK dialler switched off
552 bypass        2 zone YC YK radio transmitter switched off
553 bypass        4 zone RD -  remote programming switched off
554 communication 2 zone NT NR optical converter fails
555 communication 2 zone NT NR optical network fails
570 bypass        3 zone UB UU zone bypassed
571 bypass        2 zone FB FU fire zone bypassed
572 bypass        3 zone UB UU 24-hour zone bypassed
573 bypass        3 zone BB BU burglary zone bypassed
574 bypass        3 user UB UU group bypassed
575 bypass        3 zone BB BU zone bypassed for too many alarms
576 bypass        3 zone BB BU access zone shunted
577 bypass        3 zone BB BU access point bypassed
578 bypass        2 zone BB BU vault zone bypassed
579 bypass        3 zone BB BU vent zone bypassed
601 test          4 zone RX -  test by hand
602 test          4 zone RP -  periodic test
603 test          4 zone RP -  periodic radio test
604 test          4 user FI FK fire test
605 test          4 zone YY -  status report follows
606 other         2 zone LF LE listening-in follows
607 test          4 user TS TE walk test
608 test          3 zone RY -  periodic test, trouble present
609 other         3 zone -  -  video transmitter runs
611 test          4 zone TP -  point tested, in order
612 test          3 zone XX -  point not tested
613 test          4 zone TP -  burglary zone walk tested
614 test          4 zone TP -  fire zone walk tested
615 test          4 zone TP -  panic zone walk tested
616 technical     3 zone YX YZ service asked for
621 technical     4 zone JL -  event log emptied
622 technical     4 zone JL -  event log half full
623 technical     4 zone JL -  event log nearly full
624 technical     3 zone JO -  event log overflows
625 technical     4 user JT -  clock set
626 technical     3 zone JT -  clock wrong
627 technical     4 zone LB -  programming begun
628 technical     4 zone LX -  programming ended
629 technical     4 zone -  -  event log marker
630 technical     4 zone JS -  schedule changed
631 technical     4 zone JS -  exception to the schedule changed
632 technical     4 zone JS -  access schedule changed
641 lone_worker   2 zone NA NS no sign of life of a watched person
642 lone_worker   3 user JK -  latch-key child came home
643 access        3 zone DL DH restricted door opened
645 lone_worker   3 zone -  -  help has arrived
646 lone_worker   1 zone QA -  more help needed
647 cancel        3 zone -  -  more help no longer needed
651 other         2 zone -  -  reserved by a maker
652 other         2 user -  -  reserved by a maker
653 other         2 user -  -  reserved by a maker
654 lone_worker   2 zone NA NS no activity
655 technical     3 user JV -  code changed by the installer
703 other         2 zone -  -  auxiliary input 3
704 test          4 zone RX -  installer's test
750-789 other     2 none UX -  meaning given by the installer
796 communication 2 none -  -  line unit cannot send
798 communication 2 none -  -  line controller down
900 technical     4 none RU -  download broken off
901 technical     4 none RB RS download begun or ended
902 technical     4 none RU -  download interrupted
903 technical     4 none -  -  firmware update begun or ended
904 technical     3 none -  -  firmware update failed
910 open_close    3 zone CF -  closed by itself with zones bypassed
911 open_close    3 zone CF -  closed with zones bypassed
912 fire          1 zone FL -  fire alarm silenced
913 test          4 user -  -  supervisory test begun or ended
914 test          4 user -  -  hold-up test begun or ended
915 test          4 user BX -  burglary test begun or ended
916 test          4 user -  -  supervisory test printed
917 test          4 zone BX -  burglary diagnosis begun or ended
918 test          4 zone FX -  fire diagnosis begun or ended
919 test          4 zone -  -  diagnosis
920 open_close    3 user CF -  closed in spite of a trouble
921 access        3 user DD -  access denied, code unknown
922 technical     2 zone US UR watched point in alarm
923 bypass        3 zone UB UU watched point bypassed
924 technical     3 zone UT UJ watched point trouble
925 bypass        2 zone HB HU hold-up point bypassed
926 power         2 zone AT AR mains lost for four hours
927 technical     3 zone OU OV output trouble
928 open_close    4 user -  -  user of an event
929 access        4 user -  -  user logged off
954 communication 2 zone YC YK no connection to the centre
961 technical     3 zone YX YZ receiver's database fails
962 technical     4 zone YX -  licence runs out
999 other         2 zone UX -  meaning given by the sender
"""
