using System.Globalization;
using System.IO.Enumeration;

namespace Portolan.Lab.Services.Data;

/// <summary>The commands on keys.</summary>
internal sealed partial class RedisSession
{
    private void Keys(string name, string[] words)
    {
        switch (name)
        {
            case "SET" when words.Length >= 3:
                Set(words);
                break;
            case "GET" when words.Length == 2:
                Bulk(_store.Get(words[1], Now));
                break;
            case "MGET" when words.Length >= 2:
                Array([.. words.Skip(1).Select(k => _store.Get(k, Now))]);
                break;
            case "DEL" or "UNLINK" when words.Length >= 2:
                Integer(words.Skip(1).Count(k => _store.Remove(k, Now)));
                break;
            case "EXISTS" when words.Length >= 2:
                Integer(words.Skip(1).Count(k => _store.Get(k, Now) is not null));
                break;
            case "INCR" or "DECR" when words.Length == 2:
                Add(words[1], name == "INCR" ? 1 : -1);
                break;
            case "INCRBY" or "DECRBY"
                when words.Length == 3 && long.TryParse(words[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var by)
                    && by != long.MinValue:
                Add(words[1], name == "INCRBY" ? by : -by);
                break;
            case "APPEND" when words.Length == 3:
                var length = 0;
                Room(_store.TryChange(words[1], Now, (old, end) => (Grown(old, words[2], out length), end)), () => Integer(length));
                break;
            case "STRLEN" when words.Length == 2:
                Integer(_store.Get(words[1], Now)?.Length ?? 0);
                break;
            case "TYPE" when words.Length == 2:
                _talk.WriteLine(_store.Get(words[1], Now) is null ? "+none" : "+string");
                break;
            case "TTL" when words.Length == 2:
                var (isThere, end) = _store.EndOf(words[1], Now);
                Integer(!isThere ? -2 : end is null ? -1 : (long)Math.Ceiling((end.Value - Now).TotalSeconds));
                break;
            case "KEYS" when words.Length == 2:
                Array([.. _store.Keys(Now).Where(k => FileSystemName.MatchesSimpleExpression(words[1], k, ignoreCase: false))]);
                break;
            case "DBSIZE":
                Integer(_store.Keys(Now).Length);
                break;
            case "FLUSHALL" or "FLUSHDB":
                _store.Clear();
                _talk.WriteLine("+OK");
                break;
            default:
                _talk.WriteLine($"-ERR unknown command or wrong number of arguments: "
                    + $"'{new string([.. words[0].Take(64).Select(static c => char.IsControl(c) ? '?' : c)])}'");
                break;
        }
    }

    private void Set(string[] words)
    {
        DateTimeOffset? end = null;
        var condition = "";
        for (var i = 3; i < words.Length; i++)
        {
            var option = words[i].ToUpperInvariant();
            if (option is "NX" or "XX")
            {
                condition = option;
            }
            else if (option is "EX" or "PX" && i + 1 < words.Length
                && long.TryParse(words[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var span)
                && span is > 0 and <= 1_000_000_000)
            {
                end = Now + (option == "EX" ? TimeSpan.FromSeconds(span) : TimeSpan.FromMilliseconds(span));
            }
            else
            {
                _talk.WriteLine("-ERR syntax error");
                return;
            }
        }

        var isSet = false;
        Room(
            _store.TryChange(words[1], Now, (old, _) =>
            {
                isSet = condition == "" || (condition == "XX") == (old is not null);
                return isSet ? (words[2], end) : null;
            }),
            () => _talk.WriteLine(isSet ? "+OK" : "$-1"));
    }

    private void Add(string key, long by)
    {
        long? sum = null;
        Room(
            _store.TryChange(key, Now, (old, end) =>
            {
                if (!long.TryParse(old ?? "0", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    || (by > 0 ? number > long.MaxValue - by : number < long.MinValue - by))
                {
                    return null;
                }

                sum = number + by;
                return (sum.Value.ToString(CultureInfo.InvariantCulture), end);
            }),
            () =>
            {
                if (sum is { } value)
                {
                    Integer(value);
                }
                else
                {
                    _talk.WriteLine("-ERR value is not an integer or out of range");
                }
            });
    }

    private static string Grown(string? old, string more, out int length)
    {
        var text = old + more;
        length = text.Length;
        return text;
    }

    private void Room(bool hasRoom, Action answer)
    {
        if (hasRoom)
        {
            answer();
        }
        else
        {
            _talk.WriteLine("-OOM command not allowed when used memory > 'maxmemory'.");
        }
    }
}
