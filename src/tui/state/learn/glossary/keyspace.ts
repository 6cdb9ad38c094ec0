/**
 * Words of the keyspace pane: keys, how they are stored, and how they are removed.
 */
import type { Chapter } from './entry.js';

export const KEYSPACE: Chapter = {
  about: {
    en:
      'A window onto the keys of one database: what they hold, how it is stored, and how long they live. A key flashes in the colour of the connection ' +
      'that has changed it. Enter opens its value.',
    ko:
      '한 데이터베이스의 키를 보여 줍니다. 무엇을 담고 있고, 어떻게 저장되며, 얼마나 살아 있는지 알 수 있습니다. 키가 바뀌면 바꾼 연결의 색으로 강조됩니다. ' +
      'Enter를 누르면 값이 열립니다.',
  },
  entries: [
    {
      term: 'key',
      also: ['keyspace', 'keys', '키', '키스페이스'],
      en: ['The name of the key, which may be any bytes.', 'Those that cannot be printed are shown as \\xHH.'],
      ko: ['키의 이름이며 어떤 바이트든 될 수 있습니다.', '출력할 수 없는 바이트는 \\xHH로 표시됩니다.'],
    },
    {
      term: '*',
      en: ['The key has been changed within the last second.', 'The row flashes in the colour of the connection that did it.'],
      ko: ['최근 1초 안에 바뀐 키입니다.', '바꾼 연결의 색으로 행이 강조됩니다.'],
    },
    {
      term: '◌, due',
      also: ['ghost', 'due now', 'ghosts', '고스트', '유령'],
      en: [
        'A ghost: the key has expired and no command finds it any more, but it is still in memory, because it has not been deleted yet.',
        'It is deleted when a command accesses it (lazy expiry) or the expire cycle finds it (active expiry).',
      ],
      ko: [
        '고스트, 곧 시간이 다 되어 어떤 명령으로도 찾을 수 없지만 아직 삭제되지 않아 메모리에 남아 있는 키입니다.',
        '명령이 건드리거나(지연 만료) 만료 주기가 발견하면(능동 만료) 삭제됩니다.',
      ],
    },
    {
      term: 'ttl',
      also: ['TTL', 'time to live', 'expiry', '수명'],
      en: [
        'Time to live: how long until the key expires; empty if it has no expiry.',
        'The bar is the part that is left of the TTL with which it was first seen.',
      ],
      ko: [
        '키가 만료될 때까지 남은 시간(TTL)이며, 삭제할 때까지 사는 키는 비어 있습니다.',
        '막대는 처음 보았을 때의 시간 가운데 남은 비율입니다.',
      ],
    },
    {
      term: 'expired: lazy',
      also: ['lazy expiry', 'lazy', 'passive expiry', '지연 만료'],
      en: [
        'Lazy expiry: a command accessed the key after its expiry time and deleted it first.',
        'The row has the colour of the connection that did.',
      ],
      ko: ['지연 만료(lazy expiry), 곧 시간이 지난 키를 명령이 건드려 그때 삭제한 것입니다.', '행은 그 연결의 색으로 표시됩니다.'],
    },
    {
      term: 'expired: active',
      also: ['active expiry', 'active', '능동 만료'],
      en: [
        'Active expiry: the expire cycle has found the expired key and deleted it.',
        'So memory is freed even if no client accesses the key.',
      ],
      ko: ['능동 만료(active expiry), 곧 만료 주기가 시간이 지난 키를 찾아 삭제한 것입니다.', '덕분에 아무도 그 키를 찾지 않아도 메모리가 반환됩니다.'],
    },
    {
      term: 'expire cycle',
      also: ['active expire cycle', '만료 주기'],
      on: ['loop'],
      en: [
        'A timer of the loop, hz times a second while there are keys with a time to live: it samples 20 of them and deletes those that have expired.',
        'If more than a tenth of the sample had expired, it samples again, for at most a quarter of its period.',
      ],
      ko: [
        '수명이 있는 키가 있는 동안 1초에 hz번 실행되는 타이머로, 그런 키 20개를 표본으로 뽑아 기한이 지난 것을 삭제합니다.',
        '표본의 10분의 1보다 많이 만료되었으면 주기의 4분의 1 안에서 다시 뽑습니다.',
      ],
    },
    {
      term: 'deleted',
      also: ['del', '삭제'],
      en: ['A command deleted the key, or removed its last element.', 'The word is the name of the event in keyspace notifications.'],
      ko: ['명령이 키를 삭제했거나 마지막 원소를 꺼냈습니다.', '표시되는 말은 키스페이스 알림에서 쓰는 이벤트 이름입니다.'],
    },
    {
      term: 'evicted',
      also: ['eviction', 'evict', 'maxmemory', '축출'],
      en: [
        'Memory reached maxmemory, and this key was chosen for eviction.',
        'maxmemory-policy decides which: the least recently used, the least frequently used, the next to expire, or a random one.',
      ],
      ko: [
        '메모리 사용량이 maxmemory에 이르러 이 키가 축출(eviction) 대상으로 선택되었습니다.',
        '가장 오래 쓰지 않은 키, 가장 적게 쓴 키, 먼저 만료될 키, 임의의 키 가운데 무엇을 고를지는 maxmemory-policy가 정합니다.',
      ],
    },
    {
      term: 'type',
      also: ['타입'],
      en: ['string, list, set, zset (sorted set), hash or stream.', 'A command for another type returns WRONGTYPE.'],
      ko: ['string, list, set, zset(정렬된 집합), hash, stream 가운데 하나입니다.', '다른 타입의 명령을 쓰면 WRONGTYPE 오류가 납니다.'],
    },
    {
      term: 'encoding',
      also: ['인코딩'],
      en: ['How the value is stored in memory, as in OBJECT ENCODING.', 'Small collections are stored compactly and are converted when they grow.'],
      ko: ['값이 메모리에 저장된 방식으로 OBJECT ENCODING과 같습니다.', '작은 컬렉션은 압축된 형태로 저장되었다가 커지면 변환됩니다.'],
    },
    {
      term: 'int, embstr, raw',
      en: [
        'Encodings of strings: an integer, up to 44 bytes together with the object header, or longer bytes in a block of their own.',
        'APPEND and SETRANGE always leave raw.',
      ],
      ko: ['문자열의 인코딩으로 각각 정수, 객체 헤더와 붙어 있는 44바이트 이하, 따로 저장된 더 긴 바이트입니다.', 'APPEND와 SETRANGE 뒤에는 항상 raw가 됩니다.'],
    },
    {
      term: 'listpack',
      en: ['One block of memory with all elements one after another.', 'It is small, and fast enough while there are few.'],
      ko: ['모든 원소를 한 메모리 블록에 차례로 담은 것입니다.', '작고, 원소가 적을 때는 충분히 빠릅니다.'],
    },
    {
      term: 'quicklist, hashtable, skiplist, intset',
      en: [
        'A chain of listpacks, a table with a slot for each hash, members by score in linked levels, integers in order.',
        'They hold values too large for a listpack; intset holds a set of integers only.',
      ],
      ko: ['각각 listpack의 연결 리스트, 해시마다 슬롯이 있는 테이블, 점수순으로 여러 단계로 연결된 원소, 정렬된 정수입니다.', 'listpack에 담기에 커진 값에 쓰이며, intset은 정수만 있는 집합에 쓰입니다.'],
    },
    {
      term: 'size',
      en: ['Bytes of a string.', 'For all other types it is the number of elements.'],
      ko: ['문자열은 바이트 수입니다.', '그 밖의 타입은 원소의 수입니다.'],
    },
    {
      term: 'value',
      also: ['값'],
      en: ['How the value begins: the bytes of a string, or the first elements, fields or members.', 'Enter shows all of it.'],
      ko: ['값의 앞부분으로, 문자열의 바이트 또는 앞쪽의 원소와 필드입니다.', 'Enter를 누르면 전체가 열립니다.'],
    },
    {
      term: 'sort',
      also: ['stored order', '정렬'],
      en: [
        'By name, time left (ttl: only keys that have one), last use (recency), memory (size), or as it is stored.',
        'Beyond 20,000 keys the server does not sort, and the title says: stored order.',
      ],
      ko: [
        '이름, 남은 시간(ttl, 수명이 있는 키만), 최근 사용(recency), 메모리(size), 저장된 순서로 정렬합니다.',
        '키가 20,000개를 넘으면 서버가 정렬하지 않으며 제목에 저장 순서라고 표시됩니다.',
      ],
    },
    {
      term: '[ ]',
      also: ['database', 'db', '데이터베이스'],
      en: ['Move through the databases, 16 unless the setting databases has another value.', 'After the last one comes the first.'],
      ko: ['데이터베이스 사이를 이동하며, databases 설정이 다르지 않으면 모두 16개입니다.', '마지막 다음은 처음입니다.'],
    },
    {
      term: 'filter',
      also: ['glob', '글롭', '필터'],
      en: [
        'A glob of keys: * is any text, "?" one byte, [a-z] one of these, \\ the next character as it is.',
        'key err and "#5" are keys of these names.',
      ],
      ko: ['키의 글롭으로 *는 임의의 문자열, ?는 한 바이트, [a-z]는 그 가운데 하나, \\는 다음 문자를 그대로 뜻합니다.', 'key err과 "#5"는 그 이름의 키입니다.'],
    },
    {
      term: 'append-only file',
      also: ['AOF', 'fsync', '추가 전용 파일'],
      en: [
        'The file to which every change is written before its client is answered; the line below the keys shows its size.',
        'Until fsync has put them on the disk, its last bytes are lost in a power failure, so their number and age are shown.',
      ],
      ko: [
        '모든 변경이 클라이언트에 응답하기 전에 기록되는 파일이며, 키 아래 줄에 그 크기가 표시됩니다.',
        'fsync가 디스크에 반영하기 전에는 전원이 나가면 마지막 바이트가 사라지므로, 그 양과 나이를 함께 보여 줍니다.',
      ],
    },
    {
      term: 'snapshot of the keys',
      also: ['BGSAVE', 'pre-image', 'RDB', '스냅샷'],
      en: [
        'All keys as they were at one instant, written by the loop in slices between its turns, without a second process.',
        'A value that is about to change and has not been written yet is copied first; the line below the keys counts these bytes.',
      ],
      ko: [
        '한 순간의 모든 키를 다른 프로세스 없이 루프가 턴과 턴 사이에 조금씩 기록한 것입니다.',
        '아직 기록되지 않은 값이 바뀌려 하면 먼저 복사하며, 키 아래 줄이 그 바이트 수를 셉니다.',
      ],
    },
  ],
};
