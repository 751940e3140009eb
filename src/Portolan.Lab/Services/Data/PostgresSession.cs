using System.Buffers.Binary;
using System.Text;
using Portolan.Lab.Services.Tls;

namespace Portolan.Lab.Services.Data;

/// <summary>One client of PostgreSQL (protocol 3.0).</summary>
internal sealed class PostgresSession(Stream stream, ServiceCall call)
{
    private const int Protocol3 = 196_608;
    private const int CancelRequest = 80_877_102;
    private const int TlsRequest = 80_877_103;
    private const int GssRequest = 80_877_104;
    private const int MaxMessage = 64 << 10;
    private const int MaxRequests = 4;

    private readonly LineTalk _talk = new(stream);
    private LabTlsStream? _tls;

    /// <summary>Speaks until either is done.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await StartAsync(cancellationToken) is { } settings && await EnterAsync(settings, cancellationToken))
            {
                await TalkAsync(settings, cancellationToken);
            }

            await _talk.FlushAsync(cancellationToken);
        }
        finally
        {
            if (_tls is not null)
            {
                await _tls.EndAsync();
            }
        }
    }

    // Requests for encryption may come before the real start.
    private async Task<Dictionary<string, string>?> StartAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxRequests; i++)
        {
            var header = new byte[8];
            if (!await _talk.ReadExactlyAsync(header, cancellationToken))
            {
                return null;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(header);
            var code = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
            switch (code)
            {
                case CancelRequest:
                    return null;
                case GssRequest:
                    _talk.Write("N"u8);
                    break;
                case TlsRequest when _tls is null && call.Flag("tls", usual: true):
                    _talk.Write("S"u8);
                    await _talk.FlushAsync(cancellationToken);
                    if ((_tls = await LabTlsStream.AcceptAsync(stream, call, null, cancellationToken)) is null)
                    {
                        return null;
                    }

                    _talk.Upgrade(_tls);
                    break;
                case TlsRequest:
                    _talk.Write("N"u8);
                    break;
                case var _ when length is < 8 or > 10_000 || code >> 16 != Protocol3 >> 16:
                    Error("FATAL", "0A000", $"unsupported frontend protocol {code >>> 16}.{code & 0xffff}: server supports 3.0 to 3.0");
                    return null;
                default:
                    var rest = new byte[length - 8];
                    return await _talk.ReadExactlyAsync(rest, cancellationToken) ? Settings(rest) : null;
            }
        }

        return null;
    }

    private async Task<bool> EnterAsync(Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        if (!settings.TryGetValue("user", out var user))
        {
            Error("FATAL", "28000", "no PostgreSQL user name specified in startup packet");
            return false;
        }

        if (call.Service.Settings.TryGetValue("password", out var password))
        {
            // AuthenticationCleartextPassword.
            Send('R', [0, 0, 0, 3]);
            var message = await ReadAsync(cancellationToken);
            if (message is null || message.Value.Kind != 'p' || Encoding.UTF8.GetString(message.Value.Body).TrimEnd('\0') != password)
            {
                Error("FATAL", "28P01", $"password authentication failed for user \"{user}\"");
                return false;
            }
        }

        Send('R', [0, 0, 0, 0]);
        foreach (var (name, value) in PostgresAnswers.Parameters(call))
        {
            Send('S', [.. Text(name), .. Text(value)]);
        }

        var key = new byte[8];
        ServiceChance.Of(call).Fill(key);
        Send('K', key);
        Ready();
        return true;
    }

    private async Task TalkAsync(Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var isSkipping = false;
        while (await ReadAsync(cancellationToken) is { } message && message.Kind != 'X')
        {
            switch (message.Kind)
            {
                case 'Q':
                    Query(Encoding.UTF8.GetString(message.Body).TrimEnd('\0'), settings);
                    Ready();
                    break;
                case 'S':
                    isSkipping = false;
                    Ready();
                    break;
                case 'H':
                    break;
                case 'P' or 'B' or 'D' or 'E' or 'C' or 'F' or 'd' or 'c' or 'f' or 'p':
                    // The extended protocol: refused once, then all is passed over until Sync.
                    if (!isSkipping)
                    {
                        Error("ERROR", "0A000", "this server takes simple queries only");
                    }

                    isSkipping = true;
                    break;
                default:
                    Error("FATAL", "08P01", $"invalid frontend message type {(int)message.Kind}");
                    return;
            }
        }
    }

    private void Query(string text, Dictionary<string, string> settings)
    {
        var statements = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (statements.Length == 0)
        {
            Send('I', []);
        }

        foreach (var statement in statements)
        {
            if (PostgresAnswers.TagOf(statement) is { } tag)
            {
                Send('C', Text(tag));
                continue;
            }

            if (!PostgresAnswers.TryAnswer(statement, settings, call, out var columns))
            {
                Error(
                    "ERROR", "0A000",
                    "this server has no tables: it answers SELECT of constants, version(), now(), current_user and the like");
                return;
            }

            Row(columns);
            Send('C', Text("SELECT 1"));
        }
    }

    private void Row(List<(string Name, string Value, int Type)> columns)
    {
        var description = new List<byte> { (byte)(columns.Count >> 8), (byte)columns.Count };
        var row = new List<byte> { (byte)(columns.Count >> 8), (byte)columns.Count };
        var number = new byte[4];
        foreach (var (name, value, type) in columns)
        {
            // No table, no column number; the type, its size, no modifier, as text.
            BinaryPrimitives.WriteInt32BigEndian(number, type);
            description.AddRange(
                [.. Text(name), 0, 0, 0, 0, 0, 0, .. number, .. type == PostgresAnswers.Integer ? (byte[])[0, 4] : [255, 255], 255, 255,
                    255, 255, 0, 0]);
            var bytes = Encoding.UTF8.GetBytes(value);
            BinaryPrimitives.WriteInt32BigEndian(number, bytes.Length);
            row.AddRange([.. number, .. bytes]);
        }

        Send('T', [.. description]);
        Send('D', [.. row]);
    }

    private async Task<(char Kind, byte[] Body)?> ReadAsync(CancellationToken cancellationToken)
    {
        var header = new byte[5];
        if (!await _talk.ReadExactlyAsync(header, cancellationToken))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1));
        if (length is < 4 or > MaxMessage)
        {
            Error("FATAL", "08P01", "invalid message length");
            return null;
        }

        var body = new byte[length - 4];
        return await _talk.ReadExactlyAsync(body, cancellationToken) ? ((char)header[0], body) : null;
    }

    private static Dictionary<string, string> Settings(byte[] bytes)
    {
        var words = Encoding.UTF8.GetString(bytes).Split('\0');
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < words.Length && words[i].Length > 0; i += 2)
        {
            settings[words[i]] = words[i + 1];
        }

        return settings;
    }

    private void Ready() => Send('Z', "I"u8);

    private void Error(string severity, string code, string text) =>
        Send('E', [(byte)'S', .. Text(severity), (byte)'V', .. Text(severity), (byte)'C', .. Text(code), (byte)'M', .. Text(text), 0]);

    private static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal)), 0];

    private void Send(char kind, ReadOnlySpan<byte> body)
    {
        Span<byte> header = stackalloc byte[5];
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], body.Length + 4);
        _talk.Write(header);
        _talk.Write(body);
    }
}
