using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Ip;
using Portolan.Transport.Testing.Checks;

namespace Portolan.Tests.Transport.Worlds;

/// <summary>The checks of a world notice what they are for.</summary>
public sealed class WireCheckTests
{
    private static readonly InternetAddress Left = LabNetwork.Ip("198.18.0.1");
    private static readonly InternetAddress Right = LabNetwork.Ip("198.18.0.2");

    private readonly TcpChecks _checks = new();

    public WireCheckTests()
    {
        Assert.Null(Check(fromLeft: true, TcpFlags.Syn, 1000, 0, window: 1000, scale: 2));
        Assert.Null(Check(fromLeft: false, TcpFlags.Syn | TcpFlags.Ack, 5000, 1001, window: 500, scale: 0));
        Assert.Null(Check(fromLeft: true, TcpFlags.Ack, 1001, 5001, window: 250));
    }

    [Fact]
    public void An_orderly_exchange_passes()
    {
        Assert.Null(Check(true, TcpFlags.Ack, 1001, 5001, 250, length: 500));
        Assert.Null(Check(false, TcpFlags.Ack, 5001, 1501, 500, length: 1000));
        Assert.Null(Check(true, TcpFlags.Ack | TcpFlags.Fin, 1501, 6001, 250));
        Assert.Null(Check(false, TcpFlags.Ack, 6001, 1502, 499));
    }

    [Fact]
    public void Data_beyond_the_right_edge_is_noticed_and_a_probe_of_one_byte_is_not()
    {
        Assert.Null(Check(true, TcpFlags.Ack, 1501, 5001, 250, length: 1));
        Assert.Contains("beyond", Check(true, TcpFlags.Ack, 1001, 5001, 250, length: 502), StringComparison.Ordinal);
    }

    [Fact]
    public void An_acknowledgment_of_what_was_not_sent_or_that_goes_back_is_noticed()
    {
        Assert.Contains("no more than", Check(true, TcpFlags.Ack, 1001, 5002, 250), StringComparison.Ordinal);
        Assert.Null(Check(false, TcpFlags.Ack, 5001, 1001, 500, length: 10));
        Assert.Null(Check(true, TcpFlags.Ack, 1001, 5011, 250));
        Assert.Contains("after", Check(true, TcpFlags.Ack, 1001, 5001, 250), StringComparison.Ordinal);
    }

    [Fact]
    public void A_right_edge_that_is_taken_back_is_noticed() =>
        Assert.Contains("back from", Check(true, TcpFlags.Ack, 1001, 5001, 248), StringComparison.Ordinal);

    [Fact]
    public void A_timestamp_that_goes_back_is_noticed()
    {
        Assert.Null(Check(true, TcpFlags.Ack, 1001, 5001, 250, timestamp: 10));
        Assert.Contains("timestamp", Check(true, TcpFlags.Ack, 1001, 5001, 250, timestamp: 9), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_checksum_is_noticed()
    {
        var segment = Segment(true, TcpFlags.Ack, 1001, 5001, 250, 0, null, null);
        segment[4] ^= 1;
        Assert.NotNull(_checks.Check(Left, Right, segment));
    }

    [Fact]
    public void A_new_connection_of_the_same_pair_starts_afresh()
    {
        Assert.Null(Check(true, TcpFlags.Rst, 1001, 0, 0));
        Assert.Null(Check(true, TcpFlags.Syn, 900_000, 0, 100));
        Assert.Null(Check(false, TcpFlags.Syn | TcpFlags.Ack, 77, 900_001, 100));
        Assert.Null(Check(true, TcpFlags.Ack, 900_001, 78, 100, length: 100));
        Assert.NotNull(Check(true, TcpFlags.Ack, 900_101, 78, 100, length: 2));
    }

    private static byte[] Segment(
        bool fromLeft, TcpFlags flags, uint sequence, uint acknowledgment, ushort window, int length, byte? scale, uint? timestamp)
    {
        Span<byte> options = stackalloc byte[16];
        var written = 0;
        if (scale is { } shift)
        {
            (options[0], options[1], options[2], options[3]) = (3, 3, shift, 0);
            written = 4;
        }

        if (timestamp is { } value)
        {
            (options[0], options[1], options[2], options[3]) = (1, 1, 8, 10);
            options[4..12].Clear();
            options[7] = (byte)value;
            written = 12;
        }

        var segment = new byte[20 + written + length];
        var (source, destination) = fromLeft ? (Left, Right) : (Right, Left);
        var (from, to) = fromLeft ? (1u, 2u) : (2u, 1u);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(segment, (from << 16) | to);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), acknowledgment);
        segment[12] = (byte)((20 + written) / 4 << 4);
        segment[13] = (byte)flags;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), window);
        options[..written].CopyTo(segment.AsSpan(20));
        var checksum = InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, segment);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), checksum);
        return segment;
    }

    private string? Check(
        bool fromLeft, TcpFlags flags, uint sequence, uint acknowledgment, ushort window, int length = 0, byte? scale = null,
        uint? timestamp = null) => _checks.Check(
        fromLeft ? Left : Right, fromLeft ? Right : Left,
        Segment(fromLeft, flags, sequence, acknowledgment, window, length, scale, timestamp));
}
