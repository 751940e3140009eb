using Portolan.Linux.Netlink;

namespace Portolan.Tests.Firewall.Reading;

/// <summary>Passes datagrams on with some bytes changed.</summary>
internal sealed class DamagingChannel(INetlinkChannel inner, Random random) : INetlinkChannel
{
    public int Send(ReadOnlySpan<byte> request) => inner.Send(request);

    public NetlinkReceipt Receive(Span<byte> buffer)
    {
        var receipt = inner.Receive(buffer);
        var length = Math.Min(receipt.Length, buffer.Length);

        // One change in a thousand bytes: most messages stay what they are, and the change gets deep into one.
        for (var count = random.Next(1 + (length / 500)); count > 0; count--)
        {
            buffer[random.Next(length)] = (byte)random.Next(256);
        }

        return random.Next(50) == 0 ? receipt with { Length = random.Next(length + 1) } : receipt;
    }

    public void Dispose() => inner.Dispose();
}
