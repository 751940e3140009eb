using System.Text;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// WS-Discovery (OASIS 1.1 section 5.2, in the namespace of 2005 that printers and cameras speak): a probe for any device.
/// </summary>
/// <param name="seed">For the message id, which the answer relates to.</param>
internal sealed class WsDiscoveryPayload(PayloadSeed seed) : UdpPayload("ws-discovery", Build(Id(seed)))
{
    private readonly byte[] _id = Encoding.ASCII.GetBytes(Id(seed));

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.IndexOf("ProbeMatches"u8) >= 0 && reply.IndexOf(_id) >= 0;

    private static string Id(PayloadSeed seed) => $"urn:uuid:{new Guid(seed.Bytes(16))}";

    private static byte[] Build(string id) => Encoding.ASCII.GetBytes(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
        + " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
        + "xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header>"
        + "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        + $"<a:MessageID>{id}"
        + $"</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body><d:Probe/></s:Body></s:Envelope>");
}
