using System.Text;

namespace Portolan.Scan.Probes.Payloads;

/// <summary>SSDP (UPnP Device Architecture 2.0 section 1.3.2): search for root devices. It has no transaction id.</summary>
internal sealed class SsdpPayload() : UdpPayload(
    "ssdp",
    Encoding.ASCII.GetBytes("""
    M-SEARCH * HTTP/1.1
    HOST: 239.255.255.250:1900
    MAN: "ssdp:discover"
    MX: 1
    ST: upnp:rootdevice


    """.ReplaceLineEndings("\r\n")))
{
    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply) =>
        reply.StartsWith("HTTP/1.1 200"u8)
            && (reply.IndexOf("USN:"u8) > 0 || reply.IndexOf("ST:"u8) > 0 || reply.IndexOf("LOCATION:"u8) > 0);
}
