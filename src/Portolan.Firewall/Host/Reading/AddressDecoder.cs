using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>Decodes RTM_NEWADDR (<c>struct ifaddrmsg</c>, linux/if_addr.h).</summary>
internal sealed class AddressDecoder : INetlinkVisitor
{
    private const ushort NewAddress = 20;
    private const int MessageSize = 8;

    internal List<HostAddress> Found { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != NewAddress || payload.Length < MessageSize)
        {
            return;
        }

        // IFA_LOCAL is the own end of a point-to-point link, IFA_ADDRESS the other one; elsewhere they are the same.
        InternetAddress? local = null, other = null;
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type is 1 or 2 && attributes.Value.Length is 4 or 16)
            {
                InternetAddress? value = InternetAddress.FromBytes(attributes.Value);
                (local, other) = attributes.Type == 2 ? (value, other) : (local, value);
            }
        }

        if ((local ?? other) is { } own)
        {
            Found.Add(new HostAddress(MemoryMarshal.Read<int>(payload[4..]), own, payload[1]));
        }
    }
}
