using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Host.Ipsec;

/// <summary>
/// Decodes XFRM_MSG_NEWPOLICY (<c>struct xfrm_userpolicy_info</c>, linux/xfrm.h), leaving out what lets packets pass as they are.
/// </summary>
internal sealed class IpsecPolicyDecoder : INetlinkVisitor
{
    private const ushort NewPolicy = 0x13;

    /// <summary>
    /// Bytes of <c>struct xfrm_userpolicy_info</c>: selector (56), lifetimes (64 and 32), priority, index, direction, action, flags, share.
    /// </summary>
    private const int InfoSize = 168;

    private const int DirectionAt = 160;
    private const byte Block = 1;
    private const ushort Template = 5; // XFRMA_TMPL

    internal List<IpsecPolicy> Found { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        // Those of single sockets have directions of their own and are about no other socket.
        if (type != NewPolicy || payload.Length < InfoSize || payload[DirectionAt] > (byte)IpsecDirection.Forward)
        {
            return;
        }

        var blocks = payload[DirectionAt + 1] == Block;
        if (!blocks && !HasTemplate(payload[InfoSize..]))
        {
            return;
        }

        var family = MemoryMarshal.Read<ushort>(payload[40..]);
        if (family is not (2 or 10))
        {
            return;
        }

        var isIPv4 = family == 2;
        var (destination, source) = (Address(payload, isIPv4), Address(payload[16..], isIPv4));
        var bits = isIPv4 ? 32 : 128;
        var (toLength, fromLength) = (Math.Min(payload[42], bits), Math.Min(payload[43], bits));
        var direction = (IpsecDirection)payload[DirectionAt];
        Found.Add(new IpsecPolicy(direction, isIPv4, blocks)
        {
            Sources = IntervalSet.Prefix(source.Number, fromLength, bits),
            Destinations = IntervalSet.Prefix(destination.Number, toLength, bits),
            Protocol = payload[44],
            DestinationPort = Port(payload[32..]),
            SourcePort = Port(payload[36..]),
            Text = string.Create(
                CultureInfo.InvariantCulture,
                $"dir {Word(direction)} src {source}/{fromLength} dst {destination}/{toLength} "
                    + $"{(blocks ? "action block" : "with IPsec only")}"),
        });
    }

    private static string Word(IpsecDirection direction) => direction switch
    {
        IpsecDirection.In => "in",
        IpsecDirection.Out => "out",
        _ => "fwd",
    };

    private static InternetAddress Address(ReadOnlySpan<byte> bytes, bool isIPv4) => isIPv4
        ? InternetAddress.FromNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes), true)
        : InternetAddress.FromNumber(BinaryPrimitives.ReadUInt128BigEndian(bytes), false);

    private static ushort? Port(ReadOnlySpan<byte> portAndMask) =>
        BinaryPrimitives.ReadUInt16BigEndian(portAndMask[2..]) == ushort.MaxValue
            ? BinaryPrimitives.ReadUInt16BigEndian(portAndMask)
            : null;

    private static bool HasTemplate(ReadOnlySpan<byte> bytes)
    {
        var attributes = new NetlinkAttributes(bytes);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Template && !attributes.Value.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// Decodes XFRM_MSG_GETDEFAULT's answer (<c>struct xfrm_userpolicy_default</c>: in, forward, out): what is blocked where no policy is about
/// it.
/// </summary>
internal sealed class IpsecDefaultDecoder : INetlinkVisitor
{
    private const byte Block = 1;

    internal List<IpsecPolicy> Found { get; } = [];

    public void Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 3)
        {
            return;
        }

        Add(payload[0], IpsecDirection.In, "in");
        Add(payload[1], IpsecDirection.Forward, "fwd");
        Add(payload[2], IpsecDirection.Out, "out");
    }

    private void Add(byte action, IpsecDirection direction, string word)
    {
        if (action != Block)
        {
            return;
        }

        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var all = IntervalSet.All(isIPv4 ? 32 : 128);
            Found.Add(new IpsecPolicy(direction, isIPv4, true)
            {
                Sources = all,
                Destinations = all,
                Text = $"default for {word} is block",
            });
        }
    }
}
