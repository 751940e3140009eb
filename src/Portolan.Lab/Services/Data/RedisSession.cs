using System.Globalization;
using System.IO.Enumeration;
using System.Text;

namespace Portolan.Lab.Services.Data;

/// <summary>One client of the store: commands as arrays of strings, or as lines (inline).</summary>
internal sealed class RedisSession(Stream stream, ServiceCall call)
{
    private const int MaxArguments = 1024;
    private const int MaxString = 1 << 20;

    private readonly LineTalk _talk = new(stream);
    private readonly RedisStore _store = call.Host.State.Get(static () => new RedisStore(), $"{call.Local.Port}");
    private readonly string? _password = call.Service.Settings.GetValueOrDefault("password");
    private bool _isIn;
    private string _name = "";

    private DateTimeOffset Now => call.Host.Time.GetUtcNow();

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        _isIn = _password is null;
        while (true)
        {
            var (words, fault) = await ReadAsync(cancellationToken);
            if (fault is not null)
            {
                _talk.WriteLine($"-ERR Protocol error: {fault}");
                break;
            }

            if (words is null)
            {
                return;
            }

            if (words.Length > 0 && !Do(words[0].ToUpperInvariant(), words))
            {
                break;
            }

            await _talk.FlushIfLongAsync(cancellationToken);
        }

        await _talk.FlushAsync(cancellationToken);
    }

    private async Task<(string[]? Words, string? Fault)> ReadAsync(CancellationToken cancellationToken)
    {
        var line = await _talk.ReadLineAsync(cancellationToken);
        if (line.Kind != LineKind.Line)
        {
            return (null, line.Kind == LineKind.End ? null : "too big inline request");
        }

        if (!line.Text.StartsWith('*'))
        {
            return (line.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries), null);
        }

        if (!int.TryParse(line.Text.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) || count > MaxArguments)
        {
            return (null, "invalid multibulk length");
        }

        var words = new string[Math.Max(0, count)];
        for (var i = 0; i < words.Length; i++)
        {
            line = await _talk.ReadLineAsync(cancellationToken);
            if (line.Kind == LineKind.End)
            {
                return (null, null);
            }

            if (!line.Text.StartsWith('$') || !int.TryParse(line.Text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > MaxString)
            {
                return (null, line.Text.StartsWith('$') ? "invalid bulk length" : "expected '$'");
            }

            var bytes = new byte[length + 2];
            if (!await _talk.ReadExactlyAsync(bytes, cancellationToken))
            {
                return (null, null);
            }

            words[i] = Encoding.Latin1.GetString(bytes.AsSpan(0, length));
        }

        return (words, null);
    }

    private bool Do(string name, string[] words)
    {
        switch (name)
        {
            case "QUIT":
                _talk.WriteLine("+OK");
                return false;
            case "AUTH":
                Authenticate(words);
                break;
            case "HELLO":
                Hello(words);
                break;
            case var _ when !_isIn:
                _talk.WriteLine("-NOAUTH Authentication required.");
                break;
            case "PING" when words.Length <= 2:
                if (words.Length == 2)
                {
                    Bulk(words[1]);
                }
                else
                {
                    _talk.WriteLine("+PONG");
                }

                break;
            case "ECHO" when words.Length == 2:
                Bulk(words[1]);
                break;
            case "SELECT" when words.Length == 2:
                _talk.WriteLine(words[1] == "0" ? "+OK" : "-ERR DB index is out of range");
                break;
            case "CLIENT" when words.Length >= 2:
                Client(words);
                break;
            case "COMMAND":
                _talk.WriteLine("*0");
                break;
            case "CONFIG" when words.Length >= 3:
                _talk.WriteLine("*0");
                break;
            case "INFO":
                Bulk($"# Server\r\nredis_version:{call.Setting("version", "7.2.0")}\r\nredis_mode:standalone\r\ntcp_port:{call.Local.Port}\r\n\r\n# Keyspace\r\ndb0:keys={_store.Keys(Now).Length}\r\n");
                break;
            case "TIME":
                Array([Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), (Now.Ticks / 10 % 1_000_000).ToString(CultureInfo.InvariantCulture)]);
                break;
            default:
                Keys(name, words);
                break;
        }

        return true;
    }

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
            case "INCRBY" or "DECRBY" when words.Length == 3 && long.TryParse(words[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var by) && by != long.MinValue:
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
                _talk.WriteLine($"-ERR unknown command or wrong number of arguments: '{new string([.. words[0].Take(64).Select(static c => char.IsControl(c) ? '?' : c)])}'");
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
            else if (option is "EX" or "PX" && i + 1 < words.Length && long.TryParse(words[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var span) && span is > 0 and <= 1_000_000_000)
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
                if (!long.TryParse(old ?? "0", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || (by > 0 ? number > long.MaxValue - by : number < long.MinValue - by))
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

    private void Authenticate(string[] words)
    {
        _isIn |= words.Length is 2 or 3 && _password is not null && words[^1] == LineTalk.Text(_password);
        _talk.WriteLine(_password is null ? "-ERR no password is set" : _isIn ? "+OK" : "-WRONGPASS invalid username-password pair or user is disabled.");
    }

    private void Hello(string[] words)
    {
        if (words.Length > 1 && words[1] != "2")
        {
            _talk.WriteLine("-NOPROTO unsupported protocol version");
            return;
        }

        Array(["server", "redis", "version", call.Setting("version", "7.2.0"), "proto", "2", "mode", "standalone", "role", "master"]);
    }

    private void Client(string[] words)
    {
        switch (words[1].ToUpperInvariant())
        {
            case "SETNAME" when words.Length == 3:
                _name = words[2];
                _talk.WriteLine("+OK");
                break;
            case "GETNAME":
                Bulk(_name);
                break;
            case "ID":
                Integer(call.Remote.Port);
                break;
            default:
                _talk.WriteLine("+OK");
                break;
        }
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

    private void Integer(long number) => _talk.WriteLine(string.Create(CultureInfo.InvariantCulture, $":{number}"));

    private void Bulk(string? text) => _talk.WriteLine(text is null ? "$-1" : $"${text.Length}\r\n{text}");

    private void Array(string?[] texts)
    {
        _talk.WriteLine($"*{texts.Length}");
        foreach (var text in texts)
        {
            Bulk(text);
        }
    }
}
