using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Reading;

/// <summary>Decodes RTM_NEWADDR (<c>struct ifaddrmsg</c>, linux/if_addr.h).</summary>
internal sealed class AddressDecoder : INetlinkVisitor
{
    private const ushort NewAddress = 20;
    private const int MessageSize = 8;

    private const ushort Flags = 8;
    private const uint Optimistic = 0x04;
    private const uint Duplicate = 0x08;
    private const uint Tentative = 0x40;

    internal List<HostAddress> Found { get; } = [];

    /// <summary>Tentative addresses, and those that failed duplicate address detection: nothing is delivered to them.</summary>
    internal List<HostAddress> Unusable { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != NewAddress || payload.Length < MessageSize)
        {
            return;
        }

        // IFA_LOCAL is the own end of a point-to-point link, IFA_ADDRESS the other one; elsewhere they are the same.
        InternetAddress? local = null, other = null;
        uint flags = payload[2];
        var attributes = new NetlinkAttributes(payload[MessageSize..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Flags && attributes.TryReadUInt32(out var all))
            {
                flags = all;
            }
            else if (attributes.Type is 1 or 2 && attributes.Value.Length is 4 or 16)
            {
                InternetAddress? value = InternetAddress.FromBytes(attributes.Value);
                (local, other) = attributes.Type == 2 ? (value, other) : (local, value);
            }
        }

        if ((local ?? other) is { } own)
        {
            var isDuplicate = (flags & Duplicate) != 0;
            var isUsable = own.IsIPv4 || (!isDuplicate && (flags & (Tentative | Optimistic)) != Tentative);
            (isUsable ? Found : Unusable).Add(
                new HostAddress(MemoryMarshal.Read<int>(payload[4..]), own, payload[1]) { IsDuplicate = isDuplicate });
        }
    }
}
