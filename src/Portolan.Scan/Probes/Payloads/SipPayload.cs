using System.Text;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>SIP (RFC 3261 section 11): what can you do? The answer comes to the port we sent from (<c>rport</c>, RFC 3581).</summary>
/// <param name="seed">For branch, tag and call id, which the answer repeats.</param>
internal sealed class SipPayload(PayloadSeed seed) : UdpPayload("sip", Build(Id(seed)))
{
    private readonly byte[] _id = Encoding.ASCII.GetBytes(Id(seed));

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) => reply.StartsWith("SIP/2.0 "u8) && reply.IndexOf(_id) > 0;

    private static string Id(PayloadSeed seed) => Convert.ToHexStringLower(seed.Bytes(8));

    private static byte[] Build(string id) => Encoding.ASCII.GetBytes(string.Join(
        "\r\n",
        "OPTIONS sip:ping@portolan.invalid SIP/2.0",
        $"Via: SIP/2.0/UDP portolan.invalid;branch=z9hG4bK{id};rport",
        "Max-Forwards: 70",
        "To: <sip:ping@portolan.invalid>",
        $"From: <sip:ping@portolan.invalid>;tag={id}",
        $"Call-ID: {id}",
        "CSeq: 1 OPTIONS",
        "Contact: <sip:ping@portolan.invalid>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "\r\n"));
}
