using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// NTP: a client's request; the answer repeats its transmit timestamp (RFC 5905 section 8). Then the variables of the system, which ntpd
/// tells to whom it lets ask (RFC 9327 section 4.2): its version and system.
/// </summary>
internal sealed class NtpProtocol() : ServiceProtocol("ntp", 123)
{
    private const ushort Sequence = 0x506F;

    private static readonly byte[] Timestamp = [.. "portolan"u8];
    private static readonly ServiceProbe Request = new("NTP client request", [0xE3, 0, 6, 0xEC, .. new byte[36], .. Timestamp]);
    private static readonly ServiceProbe Variables = new(
        "NTP read variables", [0x16, 2, Sequence >> 8, Sequence & 0xFF, 0, 0, 0, 0, 0, 0, 0, 24, .. "version,processor,system"u8]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Request;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> FollowUps => [Variables];

    /// <inheritdoc/>
    public override int Rarity => 2;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (bytes.Length < 48 || (bytes[0] & 7) != 4 || !bytes.Slice(24, 8).SequenceEqual(Timestamp))
        {
            return ReplyReading.Foreign;
        }

        var version = (bytes[0] >> 3) & 7;
        var stratum = bytes[1] is 0 or > 15 ? "not synchronized" : FormattableString.Invariant($"stratum {bytes[1]}");
        return ReplyReading.Certain(new IdentifiedService(Name) { Info = FormattableString.Invariant($"version {version}; {stratum}") });
    }

    /// <inheritdoc/>
    public override async Task<IdentifiedService> AskByDatagramAsync(
        DatagramExchange exchange, IdentifiedService known, ReadOnlyMemory<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentNullException.ThrowIfNull(known);
        return Describe(known, (await exchange.AskAsync(Variables)).Span);
    }

    private static IdentifiedService Describe(IdentifiedService known, ReadOnlySpan<byte> bytes)
    {
        // A response, no error, our sequence.
        if (bytes.Length < 12 || (bytes[0] & 7) != 6 || (bytes[1] & 0xDF) != 0x82
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != Sequence)
        {
            return known;
        }

        var system = ReplyText.Behind(bytes, "system=\""u8, "\""u8);
        known = known with { OperatingSystem = system?.Replace('/', ' ') };

        // "ntpd ntpsec-1.2.2", "ntpd 4.2.8p15@1.3728-o Wed Sep 23 …"
        if (ReplyText.Behind(bytes, "version=\"ntpd "u8, "\" @"u8) is not { } version)
        {
            return known;
        }

        return version.StartsWith("ntpsec-", StringComparison.Ordinal) && version.Length > "ntpsec-".Length
            ? known with
            {
                Product = "NTPsec",
                Version = version["ntpsec-".Length..],
                Cpes = Cpe.Of("ntpsec:ntpsec", version["ntpsec-".Length..]),
            }
            : known with { Product = "ntpd", Version = version, Cpes = Cpe.Of("ntp:ntp", version) };
    }
}
