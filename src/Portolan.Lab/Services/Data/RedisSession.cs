using System.Globalization;

namespace Portolan.Lab.Services.Data;

/// <summary>One client of the store: commands as arrays of strings, or as lines (inline).</summary>
internal sealed partial class RedisSession(Stream stream, ServiceCall call)
{
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
                Bulk($"# Server\r\nredis_version:{call.Setting("version", "7.2.0")}\r\nredis_mode:standalone\r\n"
                    + $"tcp_port:{call.Local.Port}\r\n\r\n# Keyspace\r\ndb0:keys={_store.Keys(Now).Length}\r\n");
                break;
            case "TIME":
                Array(
                    [Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                        (Now.Ticks / 10 % 1_000_000).ToString(CultureInfo.InvariantCulture)]);
                break;
            default:
                Keys(name, words);
                break;
        }

        return true;
    }

    private void Authenticate(string[] words)
    {
        _isIn |= words.Length is 2 or 3 && _password is not null && words[^1] == LineTalk.Text(_password);
        _talk.WriteLine(
            _password is null
                ? "-ERR no password is set"
                : _isIn ? "+OK" : "-WRONGPASS invalid username-password pair or user is disabled.");
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
