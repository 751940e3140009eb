using FsCheck;
using FsCheck.Fluent;
using Portolan.Linux.Netlink;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Linux.Netlink;

public sealed class NetlinkWriterTests
{
    [Fact]
    public void Messages_read_back_as_they_were_written()
    {
        var writer = new NetlinkWriter(1);
        writer.BeginMessage(20, NetlinkFlags.Request | NetlinkFlags.Create, 7);
        NetfilterHeader.Write(writer, 2);
        writer.Text(1, "tãble");
        var nest = writer.BeginNest(2);
        writer.BigEndian16(1, 0x0102);
        writer.BigEndian32(2, 0x01020304);
        writer.BigEndian64(3, 0x0102030405060708);
        writer.HostOrder32(4, 5);
        writer.EndNest(nest);
        writer.Byte(3, 9);
        writer.BeginMessage(21, NetlinkFlags.Request, 8);
        writer.EndMessage();

        var messages = new NetlinkMessages(writer.Bytes);
        Assert.True(messages.MoveNext());
        Assert.Equal((20, 7u), (messages.Header.Type, messages.Header.Sequence));
        byte[] inner =
        [
            .. Attribute(1, 1, 2), .. Attribute(2, 1, 2, 3, 4), .. Attribute(3, 1, 2, 3, 4, 5, 6, 7, 8),
            .. Attribute(4, BitConverter.GetBytes(5)),
        ];
        Assert.Equal(
            [2, 0, 0, 0, .. Attribute(1, [.. "tãble\0"u8]), .. Attribute(0x8002, inner), .. Attribute(3, 9)], messages.Payload.ToArray());
        Assert.True(messages.MoveNext());
        Assert.Equal((21, 8u), (messages.Header.Type, messages.Header.Sequence));
        Assert.False(messages.MoveNext());
        Assert.False(messages.IsMalformed);
    }

    [Fact]
    public void Padding_is_zero_even_where_the_buffer_was_used_before()
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(20, NetlinkFlags.None, 1);
        writer.Data(1, Enumerable.Repeat((byte)0xff, 40).ToArray());
        writer.Clear();
        writer.BeginMessage(20, NetlinkFlags.None, 1);
        writer.Byte(1, 1);
        writer.EndMessage();
        Assert.Equal(Attribute(1, 1), writer.Bytes[NetlinkHeader.Size..].ToArray());
    }

    [Fact]
    public void Attributes_of_any_length_survive() =>
        Prop.ForAll<byte[][]>(values =>
        {
            var writer = new NetlinkWriter(1);
            writer.BeginMessage(20, NetlinkFlags.None, 1);
            foreach (var value in values)
            {
                writer.Data(5, value);
            }

            writer.EndMessage();
            var messages = new NetlinkMessages(writer.Bytes);
            Assert.True(messages.MoveNext());
            var attributes = new NetlinkAttributes(messages.Payload);
            foreach (var value in values)
            {
                Assert.True(attributes.MoveNext());
                Assert.Equal(value, attributes.Value.ToArray());
            }

            Assert.False(attributes.MoveNext());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_no_attribute_can_hold_is_refused_rather_than_cut()
    {
        var writer = new NetlinkWriter();
        writer.BeginMessage(20, NetlinkFlags.None, 1);
        writer.Data(1, new byte[NetlinkWriter.LargestValue]);
        Assert.Throws<InvalidOperationException>(() => writer.Data(1, new byte[NetlinkWriter.LargestValue + 1]));
        var nest = writer.BeginNest(2);
        writer.Data(1, new byte[NetlinkWriter.LargestValue]);
        Assert.Throws<InvalidOperationException>(() => writer.EndNest(nest));
    }
}
