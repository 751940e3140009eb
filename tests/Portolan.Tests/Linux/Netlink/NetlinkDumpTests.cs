using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Tests.Support;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Linux.Netlink;

public sealed class NetlinkDumpTests
{
    private const ushort Type = 20;

    [Fact]
    public void Messages_of_several_datagrams_arrive_in_order_until_done()
    {
        var (result, seen) = Run([.. Message(Type, "one"u8), .. Message(Type, "second"u8)], Message(Type, "3"u8), Done());
        Assert.Equal(new NetlinkDumpResult(NetlinkDumpStatus.Complete, 0), result);
        Assert.Equal(["one", "second", "3"], seen);
    }

    [Fact]
    public void A_done_with_an_error_inside_is_a_refusal() =>
        Assert.Equal(new NetlinkDumpResult(NetlinkDumpStatus.Refused, Errno.NoEntry), Run(Done(Errno.NoEntry)).Result);

    [Fact]
    public void An_error_message_is_a_refusal() =>
        Assert.Equal(new NetlinkDumpResult(NetlinkDumpStatus.Refused, Errno.NotPermitted), Run(Error(Errno.NotPermitted)).Result);

    [Fact]
    public void An_acknowledgement_ends_a_request() => Assert.Equal(NetlinkDumpStatus.Complete, Run(Error(0)).Result.Status);

    [Fact]
    public void A_done_without_a_number_is_success() =>
        Assert.Equal(NetlinkDumpStatus.Complete, Run(Message(NetlinkMessageType.Done, [])).Result.Status);

    [Fact]
    public void A_table_that_changed_meanwhile_is_reported_even_if_only_one_message_says_so()
    {
        var (result, seen) =
            Run([.. Message(Type, "a"u8, NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted), .. Message(Type, "b"u8)], Done());
        Assert.Equal(NetlinkDumpStatus.Interrupted, result.Status);
        Assert.Equal(["a", "b"], seen);
        Assert.Equal(NetlinkDumpStatus.Interrupted, Run(Done(flags: NetlinkFlags.Multi | NetlinkFlags.DumpInterrupted)).Result.Status);
    }

    [Fact]
    public void Answers_to_another_request_are_passed_over()
    {
        var (result, seen) =
            Run([.. Message(Type, "old"u8, sequence: 7), .. Done(Errno.NoEntry, sequence: 7)], Message(Type, "mine"u8), Done());
        Assert.Equal(NetlinkDumpStatus.Complete, result.Status);
        Assert.Equal(["mine"], seen);
    }

    [Fact]
    public void Another_process_cannot_answer_for_the_kernel()
    {
        var channel = new ScriptedChannel(
            [new NetlinkAnswer([.. Message(Type, "forged"u8), .. Done()]) { Sender = 4711 }, new NetlinkAnswer(Done())]);
        var visitor = new Collector();
        Assert.Equal(NetlinkDumpStatus.Complete, new NetlinkDump(channel).Run(Request(), visitor, CancellationToken.None).Status);
        Assert.Empty(visitor.Seen);
    }

    [Fact]
    public void Lost_messages_are_an_overrun()
    {
        var channel = new ScriptedChannel([new NetlinkAnswer([]) { Errno = Errno.NoBufferSpace }]);
        Assert.Equal(NetlinkDumpStatus.Overrun, new NetlinkDump(channel).Run(Request(), new Collector(), CancellationToken.None).Status);
        Assert.Equal(NetlinkDumpStatus.Overrun, Run(Message(NetlinkMessageType.Overrun, [])).Result.Status);
    }

    [Fact]
    public void A_datagram_larger_than_the_buffer_is_truncated_not_half_read()
    {
        var channel = new ScriptedChannel([new NetlinkAnswer(Message(Type, "x"u8)) { Length = 1 << 20 }]);
        var visitor = new Collector();
        Assert.Equal(NetlinkDumpStatus.Truncated, new NetlinkDump(channel).Run(Request(), visitor, CancellationToken.None).Status);
        Assert.Empty(visitor.Seen);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(17u)]
    [InlineData(uint.MaxValue)]
    public void A_length_that_does_not_fit_is_malformed(uint length)
    {
        var datagram = Message(Type, []);
        BitConverter.GetBytes(length).CopyTo(datagram, 0);
        Assert.Equal(NetlinkDumpStatus.Malformed, Run(datagram).Result.Status);
    }

    [Fact]
    public void An_empty_datagram_and_an_error_without_a_number_are_malformed()
    {
        Assert.Equal(NetlinkDumpStatus.Malformed, Run([[]]).Result.Status);
        Assert.Equal(NetlinkDumpStatus.Malformed, Run(Message(NetlinkMessageType.Error, [1, 2])).Result.Status);
    }

    [Fact]
    public void A_send_that_fails_is_a_refusal() => Assert.Equal(
        new NetlinkDumpResult(NetlinkDumpStatus.Refused, Errno.NotPermitted),
        new NetlinkDump(new ScriptedChannel([]) { SendErrno = Errno.NotPermitted }).Run(
            Request(), new Collector(), CancellationToken.None));

    [Fact]
    public void The_request_carries_its_length_and_a_new_sequence_each_time()
    {
        var channel = new ScriptedChannel([new NetlinkAnswer(Done())], [new NetlinkAnswer(Done(sequence: 2))]);
        var dump = new NetlinkDump(channel);
        dump.Run(Request(), new Collector(), CancellationToken.None);
        dump.Run(Request(), new Collector(), CancellationToken.None);
        Assert.Equal([24, 24], channel.Requests.Select(request => BitConverter.ToInt32(request, 0)));
        Assert.Equal([1, 2], channel.Requests.Select(request => BitConverter.ToInt32(request, 8)));
    }

    [Fact]
    public void Cancelling_ends_a_dump_between_datagrams()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => new NetlinkDump(new ScriptedChannel([])).Run(Request(), new Collector(), cancelled.Token));
    }

    [Fact]
    public void Hostile_datagrams_neither_throw_nor_hang()
    {
        Fuzz.Run(20_000, (random, _) =>
        {
            var valid = new List<byte>();
            for (var count = random.Next(4); count >= 0; count--)
            {
                valid.AddRange(Message(
                    (ushort)random.Next(40), new byte[random.Next(40)], (NetlinkFlags)random.Next(0x400), (uint)random.Next(3)));
            }

            var datagram = Fuzz.Damage(random, valid.ToArray());
            // Whatever the first says, the second ends the dump.
            var channel = new ScriptedChannel([new NetlinkAnswer(datagram), new NetlinkAnswer([])]);
            new NetlinkDump(channel).Run(Request(), new Collector(), CancellationToken.None);
        });
    }

    private static byte[] Request() => Message(Type, new byte[8], NetlinkFlags.Request | NetlinkFlags.Dump);

    private static (NetlinkDumpResult Result, List<string> Seen) Run(params byte[][] datagrams)
    {
        var visitor = new Collector();
        var channel = new ScriptedChannel([.. datagrams.Select(datagram => new NetlinkAnswer(datagram))]);
        return (new NetlinkDump(channel).Run(Request(), visitor, CancellationToken.None), visitor.Seen);
    }

    private sealed class Collector : INetlinkVisitor
    {
        internal List<string> Seen { get; } = [];

        public void Visit(ushort type, ReadOnlySpan<byte> payload) => Seen.Add(System.Text.Encoding.UTF8.GetString(payload));
    }
}
