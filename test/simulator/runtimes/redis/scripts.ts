/** Hand-written command scripts for the differential tests, by what they are about. */

const lines = (text: string): string[][] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .map((words) => words.map((word) => (word === "''" ? "" : word)));

export const scripts: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "errors of dispatch": lines(`
    nosuch
    nosuch a b c
    get
    get a b
    GeT a
    set a
    ping a b
    ping
    ping hi
    echo
    echo x
    client
    client nosuch
    client setname
    client setname a\tb
    client id x
    config get
    config nosuch x
    config set nosuch 1
    config set maxmemory abc
    config set timeout -1
    object nosuch k
    object encoding
    pubsub nosuch
    command nosuch
    command count x
    command getkeys set k v
    command getkeys mset a 1 b 2
    command getkeys ping
    command getkeys nosuch
    command getkeys get
    select 16
    select x
    select -1
    auth x
    auth nobody x
    auth default x
    auth a b c
    hello 4
    hello x
    hello 2 nosuch
    hello 2 auth
    hello 2 setname
    hello 2 setname x\ty`),
  "long unknown commands": [
    ["x".repeat(200), "a"],
    ["nosuch", "y".repeat(200), "z"],
    ["nosuch", "a".repeat(50), "b".repeat(50), "c".repeat(50), "d"],
    ["no\r\nsuch", "a\r\nb"],
    ["client", "q".repeat(200)],
  ],
  strings: lines(`
    set a 1
    get a
    set a 2 nx
    set b 2 xx
    set a 3 xx get
    set c 3 nx get
    set c 4 nx get
    set a 1 nx xx
    set a 1 ex 10 px 10
    set a 1 ex 0
    set a 1 ex -1
    set a 1 ex x
    set a 1 ex
    set a 1 ex 9223372036854775807
    set a 1 px 9223372036854775807
    set a 1 ex 100
    ttl a
    set a 2 keepttl
    ttl a
    set a 2 keepttl ex 5
    set a 3
    ttl a
    set a 1 exat 1
    get a
    set a 1 pxat 99999999999999
    expiretime a
    pexpiretime a
    getex a persist
    ttl a
    getex a ex 100
    ttl a
    getex a ex
    getex a ex 1 px 1
    getex a persist ex
    getex a nosuch
    getex nosuch ex 10
    getdel a
    getdel a
    setex a 10 v
    setex a 0 v
    psetex a -5 v
    mset a 1 b 2 c
    mset a 1 b 2
    mget a b nosuch
    msetnx a 1 z 2
    msetnx y 1 z 2
    append a xyz
    append new xyz
    strlen a
    getrange a 0 -1
    getrange a -3 -2
    getrange a 5 1
    getrange a -1 -3
    substr a 0 0
    setrange a 6 pad
    get a
    setrange a -1 x
    setrange nosuch 5 ''
    exists nosuch
    setrange a 536870911 xx
    getset a 9
    lpush l x
    get l
    set l v get
    set l v
    mget l
    getset q 1`),
  counters: lines(`
    incr n
    incrby n 41
    decr n
    decrby n 10
    incrby n 1.5
    incrby n x
    set n 9223372036854775807
    incr n
    set n -9223372036854775808
    decr n
    decrby n -9223372036854775808
    set n 012
    incr n
    set n ' 1'
    set n ''
    incr n
    set n 10
    incrbyfloat n 0.1
    incrbyfloat n 0.2
    incrbyfloat n -5e-1
    incrbyfloat n 1e400
    incrbyfloat n inf
    incrbyfloat n nan
    incrbyfloat n abc
    incrbyfloat n 3.0e3
    set f 5.0e3
    incrbyfloat f 200
    set f 1e300
    incrbyfloat f 1
    set f 1e17
    incrbyfloat f 0.5
    set f 0.1
    incrbyfloat f 1e-18
    set f 3.141592653589793238462643
    incrbyfloat f 0
    set f -0.0
    incrbyfloat f 0
    set f abc
    incrbyfloat f 1
    hset h f 1
    hincrby h f 5
    hincrby h g -3
    hincrby h f x
    hincrbyfloat h f 0.1
    hincrbyfloat h f x
    hset h t text
    hincrby h t 1
    hincrbyfloat h t 1
    hincrbyfloat h t x
    hgetall h
    incr h`),
  expiry: lines(`
    set a 1
    ttl a
    pttl a
    ttl nosuch
    expire a 100
    ttl a
    pttl a
    expire a 50 gt
    expire a 200 gt
    expire a 300 lt
    expire a 20 lt
    expire a 20 nx
    persist a
    persist a
    expire a 10 xx
    expire a 10 gt
    expire a 10 lt
    expire a 10 nx xx
    expire a 10 gt lt
    expire a 10 nosuch
    expire a x
    expire a 9223372036854775807
    pexpire a 9223372036854775807
    expireat a -9223372036854775808
    expire nosuch 10
    expire nosuch x
    pexpireat a 99999999999999
    pexpiretime a
    expire a -1
    exists a
    set a 1
    expireat a 1
    get a
    set a 1 ex 100
    rename a b
    ttl b
    set c 1
    rename b c
    ttl c
    renamenx c c
    rename nosuch x
    renamenx nosuch x
    rename c c
    set x 1
    move x 1
    move x 1
    move x 0
    move x 99
    move x y
    incr c
    ttl c`),
  hashes: lines(`
    hset h a 1 b 2
    hset h a 1 b
    hset h a 2 c 3
    hget h a
    hget h nosuch
    hget nosuch a
    hmget h a b nosuch
    hmset h d 4
    hmset h d
    hsetnx h a 9
    hsetnx h e 5
    hgetall h
    hgetall nosuch
    hkeys h
    hvals h
    hlen h
    hstrlen h a
    hexists h a
    hexists h z
    hscan h 0
    hscan h 0 match a
    hscan h 0 count 0
    hscan h 0 nosuch
    hscan h x
    hscan nosuch x
    hdel h a b nosuch
    hdel h c d e
    exists h
    type h
    set s 1
    hget s a
    hset s a b
    hset s a
    hgetall s
    object encoding s`),
  lists: lines(`
    rpush l a b c
    lpush l z y
    lrange l 0 -1
    lrange l 1 2
    lrange l -2 100
    lrange l 5 1
    lrange l x 1
    lrange nosuch 0 -1
    llen l
    lindex l 0
    lindex l -1
    lindex l 99
    lindex l x
    lset l 0 Y
    lset l 99 x
    lset nosuch 0 x
    lset l x x
    linsert l before a A
    linsert l after c D
    linsert l nosuch a b
    linsert l before nosuch x
    linsert nosuch before a b
    lrange l 0 -1
    lpop l
    rpop l
    lpop l 2
    lpop l 0
    lpop l -1
    lpop l x
    lpop l 1 2
    lpop nosuch
    lpop nosuch 2
    rpush l a b a c a
    lrem l 2 a
    lrem l -1 a
    lrem l 0 b
    lrange l 0 -1
    rpush m 1 2 3 4 5
    ltrim m 1 -2
    lrange m 0 -1
    ltrim m 5 1
    exists m
    lpushx nosuch a
    rpushx l q
    rpoplpush l l
    rpoplpush l t
    lmove l t left right
    lmove l t left nosuch
    lmove nosuch t left right
    lrange l 0 -1
    lrange t 0 -1
    set s v
    lpush s a
    lmove t s left left
    rpop l 100
    exists l
    rpoplpush t t
    object encoding t`),
  sets: lines(`
    sadd s a b c a
    sadd s a
    scard s
    smembers s
    smembers nosuch
    sismember s a
    sismember s z
    smismember s a z
    srem s a z
    smove s t b
    smove s t nosuch
    smove s s c
    sadd x 1 2 3
    sadd y 2 3 4
    sinter x y
    sunion x y
    sdiff x y
    sinter x nosuch
    sinterstore d x y
    smembers d
    sinterstore d x nosuch
    exists d
    sunionstore d x y
    sdiffstore d x y
    scard d
    sscan d 0
    sscan x 0 match 1
    object encoding x
    object encoding t
    srem x 1 2 3
    exists x
    set str v
    sadd str a
    sinter y str
    sunionstore str y
    type str`),
  "sorted sets": lines(`
    zadd z 1 a 2 b 3 c
    zadd z 1 a
    zadd z ch 5 a 4 d
    zadd z nx 9 a 7 e
    zadd z xx 9 a 7 f
    zadd z gt 1 a
    zadd z lt 1 a
    zadd z gt ch 100 a
    zadd z incr 5 a
    zadd z incr 5 a 6 b
    zadd z nx xx 1 a
    zadd z nx gt 1 a
    zadd z gt lt 1 a
    zadd z nx incr 1 a
    zadd z 1
    zadd z 1 a 2
    zadd z x a
    zadd z nan a
    zadd z inf a
    zincrby z -inf a
    zadd z 0.1 tenth 1e100 huge 1e-7 tiny 123456789012345680 big -0 zero
    zrange z 0 -1 withscores
    zscore z tenth
    zscore z nosuch
    zscore nosuch a
    zmscore z tenth nosuch
    zincrby z 1.5 tenth
    zincrby z x tenth
    zcard z
    zrank z b
    zrank z nosuch
    zrevrank z b
    zcount z -inf +inf
    zcount z (2 3
    zcount z x 3
    zrange z 1 2
    zrange z 5 1
    zrange z (1 3 byscore
    zrange z 3 1 byscore rev
    zrange z 1 3 byscore limit 1 1
    zrange z 1 3 byscore limit 0 -1 withscores
    zrange z 1 3 limit 0 1
    zrange z 0 -1 rev withscores
    zrange z x 1
    zrevrange z 0 1 withscores
    zrevrange z 0 1 nosuch
    zrangebyscore z -inf 3 withscores limit 0 2
    zrangebyscore z a b
    zrevrangebyscore z 3 -inf
    zremrangebyrank z 0 0
    zremrangebyscore z 100 inf
    zpopmin z
    zpopmax z
    zpopmin z 2
    zpopmin z 0
    zpopmin z -1
    zpopmin nosuch
    zpopmin z 1 2
    zrem z b nosuch
    zscan z 0
    object encoding z
    zrem z a b c d e tenth huge tiny big zero
    exists z
    set s v
    zadd s 1 a
    zadd s xx 1 a
    zadd s x a
    zrange s 0 -1`),
  keys: lines(`
    mset abc 1 abd 2 xyz 3
    keys *
    keys ab?
    keys ab[c-c]
    keys ab[^c]
    keys a\\bc
    keys [
    keys nosuch
    exists abc abc nosuch
    touch abc nosuch
    del abc nosuch
    unlink abd
    type xyz
    type nosuch
    scan 0
    scan x
    scan 0 match x*
    scan 0 type list
    scan 0 type nosuch
    scan 0 count 0
    scan 0 count x
    scan 0 nosuch
    randomkey
    dbsize
    object refcount nosuch
    object encoding nosuch
    object encoding xyz
    set t hello
    object encoding t
    select 1
    dbsize
    set a 1
    flushdb nosuch
    flushdb async
    dbsize
    select 0
    dbsize
    flushall sync
    dbsize
    randomkey
    wait 0 0
    wait 0 -1
    wait x 0
    wait 0 x
    shutdown nosuch
    shutdown abort
    role`),
  transactions: lines(`
    multi
    set a 1
    incr a
    get a
    exec
    exec
    discard
    multi
    multi
    set b 1
    exec
    multi
    nosuch
    set b 1
    exec
    multi
    get
    exec
    multi
    watch a
    exec
    multi
    set a x
    incr a
    lpush a y
    set c 1
    exec
    get c
    multi
    set d 1
    discard
    get d
    watch a
    set a 9
    multi
    set a 10
    exec
    get a
    watch a
    multi
    set a 10
    exec
    watch a
    unwatch
    set a 11
    multi
    exec
    watch a nosuch
    set nosuch 1
    multi
    ping
    exec
    watch e
    flushall
    multi
    ping
    exec
    set e 1
    watch e
    flushall
    multi
    ping
    exec
    set e 1
    watch e
    select 1
    set e 2
    select 0
    multi
    select 1
    get e
    exec
    select 0
    multi
    publish nobody x
    ping
    shutdown
    exec`),
  "connection state": lines(`
    client getname
    client setname me
    client getname
    client no-evict on
    client no-evict x
    client reply x
    client list type nosuch
    client list id x
    client list nosuch
    client kill 1.2.3.4:5
    client kill id 99999 addr
    client kill nosuch x
    client kill id 99999999
    publish ch x
    pubsub channels
    pubsub numsub a b
    pubsub numpat
    reset
    client getname
    hello 3 setname you
    client getname
    hgetall nosuch
    get nosuch
    hello 2
    get nosuch`),
};
