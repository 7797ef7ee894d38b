"""SCAIP device types and states (SS 91100:2014): what each means to us.

Devices: number, kind of incident when it reports an alarm, urgency (1 life in danger to 4 for
information), our own words. States: number, what it makes of that, our own words: `alarm`
leaves the device's kind and urgency, `restore` and `cancel` end it, `note` makes it a change
of state for information, and any other word is a kind of its own, with its urgency.
"""

from typing import Final

SCAIP_DEVICES: Final = """
0000 panic         1 device not named
0001 panic         1 device of no type
0002 panic         1 local unit and controller
0003 panic         1 personal trigger
0004 panic         1 fixed trigger
0005 medical       1 fall detector
0006 panic         1 attack trigger
0007 panic         1 panic button
0008 other         4 duty switch, remote
0009 other         4 duty switch on site
0010 lone_worker   1 activity detector
0011 medical       2 pill dispenser
0012 medical       1 bed monitor
0013 medical       2 mat sensor
0014 access        2 door sensor
0015 lone_worker   1 wandering sensor
0016 medical       2 wetness detector
0017 medical       1 epilepsy detector
0018 medical       2 occupancy detector
0019 medical       1 heart rate monitor
0020 technical     2 environment monitor
0021 fire          1 gas detector
0022 technical     3 lighting monitor
0023 fire          1 smoke detector
0024 technical     2 heating monitor
0025 fire          1 heat detector
0026 fire          1 carbon monoxide detector
0027 panic         1 unwanted caller button
0028 intrusion     2 intruder detector
0029 intrusion     2 boundary detector
0030 lone_worker   1 man-down detector
0031 technical     3 system monitor
0032 communication 2 link monitor
0033 technical     2 flood detector
0034 medical       1 bath sensor
0035 access        3 latch key
0036 intrusion     2 perimeter
0037 fire          1 sprinkler
0038 tamper        2 tamper contact
0039 technical     4 printer
0040 communication 2 router
0041 power         3 power supply
0042 access        3 electric lock
0043 access        3 access controller
0044 medical       2 chair monitor
0045 technical     3 controller
0046 technical     1 alarm of a lift
0047 fire          1 fire alarm system
0048 technical     3 local unit
0049 technical     3 monitoring device
0050 technical     3 radio unit
0051 lone_worker   1 tracking device
"""

SCAIP_STATES: Final = """
0000 alarm              state not named
0001 alarm              state undefined
0002 cancel             aborted
0003 note               absent
0004 note               accepted
0005 note               acknowledged
0006 alarm              activated
0007 alarm              active
0008 note               added
0009 alarm              automatic alarm
0010 alarm              manual alarm
0011 alarm              alert
0012 open_close       4 armed
0013 note               assigned
0014 power            2 battery failed
0015 restore            battery in order
0016 power            3 battery low
0017 note               busy
0018 bypass           3 bypassed
0019 cancel             cancelled
0020 note               changed
0021 note               closed
0022 alarm              closed too long
0023 communication    2 network connection failed
0024 communication    2 mobile connection failed
0025 communication    2 telephone line failed
0026 communication    2 first path failed
0027 communication    2 second path failed
0028 note               deleted
0029 access           3 denied
0030 open_close       4 disarmed
0031 communication    2 disconnected
0032 technical        3 error 1
0033 technical        3 error 2
0034 technical        3 error 3
0035 technical        3 error 4
0036 technical        3 error 5
0037 technical        3 error 6
0038 technical        3 error 7
0039 technical        3 error 8
0040 technical        3 error 9
0041 note               done
0042 technical        2 failure
0043 technical        3 frequency drifted
0044 technical        3 frequency drifted down
0045 technical        3 frequency drifted up
0046 alarm              level high
0047 note               in progress
0048 note               in service
0049 note               inactive
0050 alarm              begun
0051 technical        3 interrupted
0052 communication    2 jammed
0053 alarm              level 1
0054 alarm              level 2
0055 alarm              level 3
0056 alarm              level 4
0057 alarm              level 5
0058 alarm              level 6
0059 alarm              level 7
0060 alarm              level 8
0061 alarm              level 9
0062 note               logged
0063 technical        2 lost
0064 alarm              level low
0065 technical        4 maintenance needed
0066 technical        3 maintenance needed soon
0067 technical        2 malfunction
0068 technical        4 memory full
0069 note               not active
0070 restore            normal
0071 note               occupied
0072 note               off
0073 communication    2 off line
0074 note               on
0075 restore            on line
0076 alarm              open
0077 alarm              open too long
0078 technical        3 out of service
0079 alarm              overflow
0080 note               pending
0081 alarm              pill not taken
0082 note               pill reminder
0083 note               pill taken
0084 note               planned
0085 power            3 power failed
0086 restore            power back
0087 note               planned presence
0088 note               presence after an alarm
0089 note               privacy switch used
0090 note               pulse
0091 restore            established again
0092 restore            reset by itself
0093 restore            reset by hand
0094 restore            back to normal
0095 communication    3 radio interference
0096 alarm              started
0097 restore            ended
0098 note               replaced
0099 note               succeeded
0100 alarm              temperature high
0101 alarm              temperature low
0102 test             4 test over the first path
0103 test             4 test over the second path
0104 alarm              time is up
0105 technical        2 trouble
0106 alarm              trespass
0107 access           2 unauthorised access
0108 restore            bypass ended
0109 alarm              verified
0110 alarm              assistance asked for
0111 note               intervention complete
0112 restore            network connection back
0113 restore            mobile connection back
0114 restore            telephone line back
0115 restore            first path back
0116 restore            second path back
0117 note               lies in bed
0118 note               locked
0119 alarm              movement
0120 note               occupancy
0121 note               present
0122 communication    3 radio interference
0123 communication    3 radio test missing
0124 restore            radio test back
0125 tamper           2 tampered with
0126 alarm              temperature rises fast
0127 note               unlocked
"""
