using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Network;

/// <summary>
/// The time of an NTP server, and the variables of its system where it tells them (RFC 5905 section 7.3, RFC 9327 section 4.2).
/// </summary>
internal sealed class NtpInfoFact() : ServiceFact("ntp-info", "the server's time, and its system variables if it reports them", "ntp")
{
    private const ushort Sequence = 0x5046;
    private static readonly DateTime Epoch = new(1900, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly ServiceProbe Request = new("NTP client request", [0xE3, 0, 6, 0xEC, .. new byte[36], .. "portolan"u8]);
    private static readonly ServiceProbe Variables =
        new("NTP read all variables", [0x16, 2, Sequence >> 8, Sequence & 0xFF, 0, 0, 0, 0, 0, 0, 0, 0]);

    // Of some thirty variables those that say what and where it is, as nmap chooses them.
    private static readonly string[] Shown =
        ["version", "processor", "system", "leap", "stratum", "precision", "rootdelay", "rootdisp", "refid", "reftime", "clock", "peer",
        "tc", "mintc", "offset"];

    /// <inheritdoc/>
    public override IReadOnlyList<TransportProtocol> Transports => [TransportProtocol.Udp];

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [Request, Variables];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        var fields = new List<FactField>();
        var time = await context.AskByDatagramAsync(Request);
        if (time.Length >= 48 && (time.Span[0] & 7) == 4)
        {
            // The receive timestamp: seconds since 1900, and parts of one; 0 means the next era (2036).
            var seconds = BinaryPrimitives.ReadUInt32BigEndian(time.Span[32..]);
            var received = Epoch.AddSeconds(seconds + (seconds < 0x8000_0000 ? 1L << 32 : 0));
            fields.Add(FactField.Of("receive time stamp", received.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)));
            fields.Add(FactField.Of("stratum", time.Span[1]));
        }

        var answer = await context.AskByDatagramAsync(Variables);
        if (answer.Length > 12 && (answer.Span[0] & 7) == 6 && (answer.Span[1] & 0xDF) == 0x82
            && BinaryPrimitives.ReadUInt16BigEndian(answer.Span[2..]) == Sequence)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(answer.Span[10..]), answer.Length - 12);
            fields.AddRange(Read(Encoding.ASCII.GetString(answer.Span.Slice(12, length))));
        }

        return fields.Count == 0 ? null : Fact.Of(Id, fields);
    }

    // name=value, name="value", …
    private static List<FactField> Read(string text)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < text.Length;)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            var name = text[at..equals].Trim(' ', ',', '\r', '\n');
            var isQuoted = equals + 1 < text.Length && text[equals + 1] == '"';
            var start = isQuoted ? equals + 2 : equals + 1;
            var end = start <= text.Length ? text.IndexOf(isQuoted ? '"' : ',', Math.Min(start, text.Length)) : -1;
            end = end < 0 ? text.Length : end;
            known.TryAdd(name, text[Math.Min(start, end)..end].Trim());
            at = isQuoted ? text.IndexOf(',', end) is >= 0 and var comma ? comma + 1 : text.Length : end + 1;
        }

        return [.. Shown.Where(known.ContainsKey).Select(name => FactField.Of(name, known[name]))];
    }
}
