"""SIA event codes (SIA DC-03, carried by DC-09 as SIA-DCS): what each means to us.

One line a code: code, kind of incident, urgency (1 life in danger to 4 for information), what
its number counts, its Contact ID (DC-05) equivalent, and our own words for it. The equivalent
is qualifier and code, `1130`; where there is none, the qualifier stands alone, `3---`: it
says whether the code is a new event or a restore.
"""

from typing import Final

SIA: Final = """
AA tamper        2 device 1--- another panel takes this one's place
AB cancel        3 zone   1406 alarm aborted before it was reported
AN technical     4 zone   3--- analogue detector back to normal
AR power         4 none   3301 mains back
AS technical     3 zone   1393 analogue detector needs service
AT power         3 none   1301 mains lost
BA intrusion     2 zone   1130 burglary
BB bypass        3 zone   1573 burglary zone bypassed
BC cancel        3 user   1406 burglary alarm cancelled
BD technical     3 zone   1377 zone shut out for too many alarms
BE technical     4 zone   3377 zone shut out before is back
BG intrusion     3 zone   1378 burglary, not confirmed
BH intrusion     3 zone   3130 burglary alarm over
BJ technical     4 zone   3380 burglary zone trouble over
BM intrusion     2 zone   1130 burglary at a crossed point
BR intrusion     3 zone   3130 burglary zone back to normal
BS technical     3 zone   1--- burglary zone watched, off normal
BT technical     3 zone   1380 burglary zone trouble
BU bypass        4 zone   3573 burglary zone bypass ended
BV intrusion     2 area   1139 burglary confirmed
BX test          4 zone   1613 burglary zone tested
BZ communication 3 zone   1381 detector not heard
CA open_close    4 area   3403 closed by itself
CD late_close    2 area   1454 closing overdue
CE open_close    4 user   1405 closing put off
CF open_close    3 user   3443 closed by force
CG open_close    4 user   3402 area closed
CI late_close    2 area   1454 not closed in time
CJ late_close    3 area   3452 closed too late
CK early_open    3 user   3451 closed too early
CL open_close    4 user   3401 closed
CM open_close    3 zone   1459 alarm soon after closing is missing
CO technical     4 device 1--- command sent
CP open_close    4 user   3403 closed by itself for a user
CQ open_close    4 user   3407 closed from afar
CR open_close    4 user   1459 closed a moment ago
CS open_close    4 zone   3409 closed by key switch
CT late_close    3 area   1453 late to open
CW open_close    3 area   1443 was closed by force
CX other         3 device 1--- custom function run
CZ open_close    4 zone   3401 point closed
DA access        4 user   1--- card assigned
DB access        4 user   1--- card deleted
DC access        4 door   3--- door locked for passage
DD access        3 door   1421 access denied
DE access        4 door   1--- request to enter
DF intrusion     2 door   1423 door forced
DG access        4 door   1422 access granted
DH access        4 door   3426 door no longer left open
DI access        3 door   1421 access denied, card passed back
DJ technical     3 door   1427 forced door trouble
DK access        3 door   1421 access locked out
DL access        3 door   1426 door left open, alarm
DM access        3 door   1426 door left open, trouble
DN access        4 door   1426 door left open
DO access        4 door   1--- door unlocked for passage
DP access        3 door   1421 access denied at this hour
DQ access        3 door   1421 access denied while armed
DR access        4 door   3423 door back to normal
DS access        4 door   1--- door station
DT technical     3 none   1427 access control trouble
DU technical     4 device 1--- number of the dealer
DV access        3 door   1421 access denied at this level
DW access        3 door   1421 access denied by interlock
DX access        4 door   1--- request to leave
DY access        4 door   1--- door locked
DZ access        3 door   1421 access denied, door secured
EA intrusion     2 zone   1374 alarm when leaving
EE open_close    3 user   1457 mistake when leaving
EJ tamper        4 device 3341 module no longer tampered with
EM technical     3 device 1532 module missing
EN technical     4 device 3532 module back
ER technical     4 device 3333 module back to normal
ES tamper        2 device 1341 module tampered with
ET technical     3 device 1333 module trouble
EX technical     3 device 1--- condition of an outside device
EZ technical     3 zone   1--- point missing after leaving
FA fire          1 zone   1110 fire alarm
FB bypass        2 zone   1571 fire zone bypassed
FC cancel        3 zone   1406 fire alarm cancelled
FG fire          1 zone   1118 fire, not confirmed
FH fire          3 zone   3110 fire alarm over
FI test          4 area   1604 fire test begun
FJ technical     4 zone   3373 fire zone trouble over
FK test          4 area   3604 fire test ended
FL fire          1 zone   1912 fire alarm silenced
FM fire          1 zone   1110 fire at a crossed point
FQ technical     4 zone   3200 fire supervision trouble over
FR fire          3 zone   3110 fire zone back to normal
FS technical     2 zone   1200 fire zone watched, off normal
FT technical     2 zone   1373 fire zone trouble
FU bypass        4 zone   3571 fire zone bypass ended
FV technical     4 zone   3200 fire supervision over
FW technical     2 zone   1200 fire supervision trouble
FX test          4 zone   1614 fire zone tested
FY technical     2 zone   1373 fire detector missing, trouble
FZ technical     2 zone   1373 fire detector missing
GA fire          1 zone   1151 gas alarm
GB bypass        2 zone   1572 gas zone bypassed
GH fire          3 zone   3151 gas alarm over
GJ technical     4 zone   3--- gas zone trouble over
GR fire          3 zone   3151 gas zone back to normal
GS technical     2 zone   1--- gas zone watched, off normal
GT technical     2 zone   1--- gas zone trouble
GU bypass        4 zone   3572 gas zone bypass ended
GX test          4 zone   1611 gas zone tested
HA holdup        1 zone   1122 hold-up alarm
HB bypass        2 zone   1925 hold-up zone bypassed
HH holdup        3 zone   3122 hold-up alarm over
HJ technical     4 zone   3376 hold-up zone trouble over
HR holdup        3 zone   3122 hold-up zone back to normal
HS technical     2 zone   1--- hold-up zone watched, off normal
HT technical     2 zone   1376 hold-up zone trouble
HU bypass        4 zone   3925 hold-up zone bypass ended
IA technical     3 zone   1330 equipment fails
IR technical     4 zone   3330 equipment works again
JA access        3 area   1461 wrong codes entered
JD technical     4 user   1625 date set
JH technical     4 user   1630 holiday changed
JK lone_worker   3 user   1642 latch-key child came home
JL technical     4 none   1623 event log nearly full
JO technical     3 none   1624 event log overflows
JP open_close    3 user   1458 a user is on the premises
JR technical     4 area   1--- schedule run
JS technical     4 user   1630 schedule changed
JT technical     4 user   1625 clock set
JV technical     4 user   1655 user code changed
JX technical     4 user   1655 user code deleted
JY technical     4 user   1655 user code added
JZ technical     4 user   1655 rights of a user set
KA fire          1 zone   1114 heat alarm
KB bypass        2 zone   1572 heat zone bypassed
KH fire          3 zone   3114 heat alarm over
KJ technical     4 zone   3--- heat zone trouble over
KR fire          3 zone   3114 heat zone back to normal
KS technical     3 zone   1--- heat zone watched, off normal
KT technical     3 zone   1--- heat zone trouble
KU bypass        4 zone   3572 heat zone bypass ended
LB technical     4 none   1627 programming on site begun
LD technical     3 none   1--- programming on site denied
LE other         3 none   3606 listening-in ended
LF other         2 none   1606 listening-in begun
LR communication 4 device 3351 telephone line back
LS technical     4 none   1628 programming on site succeeded
LT communication 2 device 1351 telephone line fails
LU technical     3 none   1628 programming on site failed
LX technical     4 none   1628 programming on site ended
MA medical       1 zone   1100 medical alarm
MB bypass        2 zone   1572 medical zone bypassed
MH medical       3 zone   3100 medical alarm over
MI other         2 none   1--- prepared message
MJ technical     4 zone   3--- medical zone trouble over
MR medical       3 zone   3100 medical zone back to normal
MS technical     2 zone   1--- medical zone watched, off normal
MT technical     2 zone   1--- medical zone trouble
MU bypass        4 zone   3572 medical zone bypass ended
NA lone_worker   2 zone   1641 no sign of life
NC communication 3 device 1--- condition of a network
NF open_close    4 area   3441 perimeter closed by force
NL open_close    4 area   3441 perimeter closed
NM open_close    4 area   3441 perimeter closed, as defined on site
NR communication 4 device 3350 network back
NS lone_worker   3 zone   3641 sign of life again
NT communication 2 device 1350 network fails
OA open_close    4 area   1403 opened by itself
OC cancel        3 user   1406 alarm cancelled
OG open_close    4 area   1402 area opened
OH early_open    3 user   1451 opened early after an alarm
OI late_close    3 area   1453 not opened in time
OJ late_close    3 user   1452 opened too late
OK early_open    2 user   1451 opened too early
OL late_close    3 user   1452 opened late after an alarm
OP open_close    4 user   1401 opened
OQ open_close    4 user   1407 opened from afar
OR open_close    3 user   1458 disarmed after an alarm
OS open_close    4 zone   1409 opened by key switch
OT late_close    2 user   1454 late to close
OU technical     3 device 1927 output trouble
OV technical     4 device 3927 output back to normal
OZ open_close    4 zone   1401 point opened
PA panic         1 zone   1120 panic alarm
PB bypass        2 zone   1572 panic zone bypassed
PH panic         3 zone   3120 panic alarm over
PJ technical     4 zone   3375 panic zone trouble over
PR panic         3 zone   3120 panic zone back to normal
PS technical     2 zone   1--- panic zone watched, off normal
PT technical     2 zone   1375 panic zone trouble
PU bypass        4 zone   3572 panic zone bypass ended
QA medical       1 zone   1101 personal help alarm
QB bypass        2 zone   1572 personal help zone bypassed
QH medical       3 zone   3101 personal help alarm over
QJ technical     4 zone   3--- personal help zone trouble over
QR medical       3 zone   3101 personal help zone back to normal
QS technical     2 zone   1--- personal help zone watched, off normal
QT technical     2 zone   1--- personal help zone trouble
QU bypass        4 zone   3572 personal help zone bypass ended
RA technical     3 none   1--- call of the programmer failed
RB technical     4 none   1412 remote programming begun
RC technical     4 device 1--- relay closed
RD technical     3 none   1413 remote programming denied
RN technical     4 none   1313 reset from afar
RO technical     4 device 3--- relay opened
RP test          4 none   1602 periodic test
RR technical     4 none   1305 power switched on
RS technical     4 none   1412 remote programming succeeded
RT technical     2 device 1354 data lost
RU technical     3 none   1413 remote programming failed
RX test          4 user   1601 test by hand
RY test          3 zone   1608 test, not in normal state
SA fire          1 zone   1113 sprinkler alarm
SB bypass        2 zone   1571 sprinkler zone bypassed
SC other         3 device 1--- change of state
SH fire          3 zone   3113 sprinkler alarm over
SJ technical     4 zone   3206 sprinkler zone trouble over
SR fire          3 zone   3113 sprinkler zone back to normal
SS technical     2 zone   1203 sprinkler zone watched, off normal
ST technical     2 zone   1206 sprinkler zone trouble
SU bypass        4 zone   3571 sprinkler zone bypass ended
TA tamper        2 zone   1137 tamper
TB bypass        3 zone   1572 tamper contact bypassed
TC test          4 none   1611 all points tested
TE test          4 none   3607 test ended
TH tamper        4 none   3137 tamper alarm over
TJ tamper        4 none   3137 tamper trouble over
TP test          4 zone   1611 point walk tested
TR tamper        4 zone   3137 tamper contact back to normal
TS test          4 none   1607 test begun
TT tamper        3 zone   1137 tamper contact trouble
TU bypass        4 zone   3572 tamper contact bypass ended
TW other         3 none   1--- watch over an area begun
TX test          4 none   1601 test report
TZ other         4 none   3--- watch over an area ended
UA other         2 zone   1140 alarm of a zone without a type
UB bypass        3 zone   1570 zone bypassed
UG other         2 zone   1140 alarm, not confirmed
UH other         3 zone   3140 alarm over
UJ technical     4 zone   3380 zone trouble over
UR other         3 zone   3140 zone back to normal
US technical     3 zone   1--- zone watched, off normal
UT technical     3 zone   1380 zone trouble
UU bypass        4 zone   3570 zone bypass ended
UX other         2 none   1--- not defined
UY technical     3 zone   1381 zone missing, trouble
UZ technical     2 zone   1381 zone missing, alarm
VI technical     4 device 3335 printer has paper
VO technical     4 device 1335 printer out of paper
VR technical     4 device 3336 printer works again
VT technical     4 device 1336 printer fails
VX test          4 device 1--- printer tested
VY technical     4 none   3--- printer on line
VZ technical     4 none   1--- printer off line
WA technical     2 zone   1154 water alarm
WB bypass        3 zone   1572 water zone bypassed
WH technical     3 zone   3154 water alarm over
WJ technical     4 zone   3--- water zone trouble over
WR technical     3 zone   3154 water zone back to normal
WS technical     3 zone   1--- water zone watched, off normal
WT technical     3 zone   1--- water zone trouble
WU bypass        4 zone   3572 water zone bypass ended
XA other         3 none   1--- report for one more account
XE technical     3 zone   1531 point too many
XF technical     3 zone   1531 radio point too many
XH communication 4 device 3344 radio interference over
XI technical     4 zone   1--- detector reset
XJ tamper        4 device 3341 radio receiver no longer tampered with
XL communication 3 device 1--- radio signal weak
XM technical     3 zone   1378 crossed point missing
XQ communication 2 device 1344 radio interference
XR power         4 zone   3384 transmitter battery back
XS tamper        2 device 1341 radio receiver tampered with
XT power         3 zone   1384 transmitter battery low
XW technical     3 zone   1--- point forced out of service
XX test          3 none   1--- test failed
YA technical     3 none   1321 bell fault
YB communication 3 device 1--- receiver line too busy
YC communication 2 none   1350 communication fails
YD technical     2 device 1--- receiver line card trouble
YE technical     4 device 3--- receiver line card works again
YF technical     3 none   1303 panel memory damaged
YG technical     3 none   1306 panel programming changed
YH technical     4 none   3321 bell works again
YI power         3 none   1312 power supply overloaded
YJ power         4 none   3312 power supply no longer overloaded
YK communication 4 none   3350 communication back
YM power         3 none   1311 system battery missing
YN other         2 none   1--- report that makes no sense
YO other         2 none   1--- message of an unknown kind
YP power         3 none   1314 power supply fails
YQ power         4 none   3314 power supply back
YR power         4 none   3302 system battery back
YS communication 2 none   1350 communication trouble
YT power         3 none   1302 system battery low
YU technical     3 device 1307 diagnosis found an error
YW technical     3 none   1305 panel restarted by its watchdog
YX technical     3 none   1616 service needed
YY test          4 none   1605 status report
YZ technical     4 device 3616 service done
ZA technical     2 zone   1159 freezing alarm
ZB bypass        3 zone   1572 freezing zone bypassed
ZH technical     3 zone   3159 freezing alarm over
ZJ technical     4 zone   3--- freezing zone trouble over
ZR technical     3 zone   3159 freezing zone back to normal
ZS technical     3 zone   1--- freezing zone watched, off normal
ZT technical     3 zone   1--- freezing zone trouble
ZU bypass        4 zone   3572 freezing zone bypass ended
"""
