using Portolan.Firewall.Connections;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Changing;

/// <summary>Tracked connections as the kernel lists them, whole and damaged.</summary>
public sealed class TrackedConnectionTests
{
    private static readonly InternetAddress Source = InternetAddress.FromBytes([192, 0, 2, 1]);
    private static readonly InternetAddress Destination = InternetAddress.FromBytes([198, 51, 100, 2]);

    [Fact]
    public void Both_ends_and_what_names_it_to_the_kernel_are_read()
    {
        var connection = TrackedConnection.TryRead(Message())!;
        Assert.Equal(new TrackedConnection(true, 6, Source, Destination, 40000, 443) { Key = connection.Key }, connection);

        // The tuple and the number, without the rest of the message.
        Assert.Equal(Message().Length - NetfilterHeader.Size - 8, connection.Key.Length);
    }

    [Fact]
    public void A_tuple_that_no_request_could_carry_is_no_connection()
    {
        var writer = new NetlinkWriter();
        NetfilterHeader.Write(writer, 2);
        writer.Data(1, new byte[NetlinkWriter.LargestValue]);
        Assert.Null(TrackedConnection.TryRead(writer.Bytes));
    }

    [Fact]
    public void A_damaged_message_never_throws()
    {
        var (message, refused) = (Message(), 0);
        Fuzz.Run(3_000, (random, _) => refused += TrackedConnection.TryRead(Fuzz.Damage(random, message)) is null ? 1 : 0);
        Assert.InRange(refused, 1, 2_999);
    }

    private static byte[] Message()
    {
        var writer = new NetlinkWriter();
        NetfilterHeader.Write(writer, 2);
        var tuple = writer.BeginNest(1); // CTA_TUPLE_ORIG
        var addresses = writer.BeginNest(1); // CTA_TUPLE_IP
        writer.Data(1, [192, 0, 2, 1]);
        writer.Data(2, [198, 51, 100, 2]);
        writer.EndNest(addresses);
        var protocol = writer.BeginNest(2); // CTA_TUPLE_PROTO
        writer.Byte(1, 6);
        writer.BigEndian16(2, 40000);
        writer.BigEndian16(3, 443);
        writer.EndNest(protocol);
        writer.EndNest(tuple);
        writer.BigEndian32(3, 0x18e); // CTA_STATUS
        writer.BigEndian32(12, 77); // CTA_ID
        return writer.Bytes.ToArray();
    }
}
