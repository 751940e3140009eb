using System.Text;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// WS-Discovery: a Probe for every type by unicast (WS-Discovery, April 2005, sections 5.2 and 5.3; SOAP over UDP). The answer relates to
/// our message.
/// </summary>
internal sealed class WsDiscoveryProtocol() : ServiceProtocol("ws-discovery", 3702)
{
    private const string Prefix = "706f7274-6f6c-4a6e-";

    // Peers drop a message whose identifier they have seen, so each run has its own.
    private static readonly ServiceProbe Probe = new("WS-Discovery Probe", static target => Encoding.ASCII.GetBytes(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
            + "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
        + "xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><soap:Header><wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>"
        + "<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</wsa:Action><wsa:MessageID>urn:uuid:"
        + IdentifierOf(target.RunNumber)
        + "</wsa:MessageID></soap:Header><soap:Body><wsd:Probe></wsd:Probe></soap:Body></soap:Envelope>"));

    /// <inheritdoc/>
    public override ServiceProbe Opening => Probe;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Probe) || bytes.IndexOf("/discovery/ProbeMatches"u8) < 0
            || bytes.IndexOf("706f7274-6f6c-4a6e-"u8) < 0)
        {
            return ReplyReading.Foreign;
        }

        var types = TextOf(bytes, "Types>"u8);
        return ReplyReading.Certain(new IdentifiedService(Name) { Info = types is null ? null : $"types {types}" });
    }

    private static string IdentifierOf(ulong run) =>
        FormattableString.Invariant($"{Prefix}{(ushort)(0x8000 | ((run >> 48) & 0x3FFF)):x4}-{run & 0xFFFF_FFFF_FFFF:x12}");

    // What is in the first element of a name, whatever its prefix.
    private static string? TextOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> element)
    {
        var at = bytes.IndexOf(element);
        var rest = at < 0 ? default : bytes[(at + element.Length)..];
        var end = rest.IndexOf((byte)'<');
        return end <= 0 ? null : ReplyText.Of(rest[..end]);
    }
}
