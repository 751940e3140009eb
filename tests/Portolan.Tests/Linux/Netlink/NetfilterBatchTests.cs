using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Tests.Support;
using static Portolan.Tests.Support.NetlinkBytes;

namespace Portolan.Tests.Linux.Netlink;

public sealed class NetfilterBatchTests
{
    private const uint Question = 5; // begin 1, two messages 2 and 3, end 4

    private static byte[] Generation =>
        Message(NetfilterHeader.Type(NetfilterMessage.NewGeneration), [0, 0, 0, 0, .. Attribute(1, 0, 0, 0, 42)], sequence: Question);

    [Fact]
    public void A_batch_without_errors_took_effect_and_tells_the_generation()
    {
        var result = Send(Generation);
        Assert.Equal((NetfilterBatchStatus.Committed, 42u), (result.Status, result.Generation));
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void Each_error_names_the_message_that_it_is_about_and_what_the_kernel_says()
    {
        var result = Send(Error(Errno.NoEntry, 3), Explained(Errno.Exists, 2, "no such thing", 24), Generation);
        Assert.Equal(NetfilterBatchStatus.Refused, result.Status);
        Assert.Equal(
            [
                new NetfilterMessageError(1, NetfilterMessage.NewChain, "second", Errno.NoEntry, null, null),
                new NetfilterMessageError(0, NetfilterMessage.NewTable, "first", Errno.Exists, "no such thing", 24),
            ],
            result.Errors);
        Assert.Contains("second", result.ToException("change").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.NotPermitted, NetfilterBatchStatus.NotPermitted)]
    [InlineData(Errno.Restart, NetfilterBatchStatus.GenerationConflict)]
    [InlineData(Errno.NotSupported, NetfilterBatchStatus.Unsupported)]
    [InlineData(Errno.NoMemory, NetfilterBatchStatus.Refused)]
    public void An_error_about_the_begin_is_about_the_whole(int errno, NetfilterBatchStatus status)
    {
        var result = Send(Error(errno, 1), Error(Errno.NotPermitted, Question));
        Assert.Equal((status, errno), (result.Status, result.Errno));
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void A_message_that_is_not_permitted_does_not_mean_that_privilege_is_missing() =>
        Assert.Equal(NetfilterBatchStatus.Refused, Send(Error(Errno.NotPermitted, 2), Generation).Status);

    [Fact]
    public void Something_in_use_is_busy() => Assert.Equal(NetfilterBatchStatus.Busy, Send(Error(Errno.Busy, 2), Generation).Status);

    [Fact]
    public void Too_many_errors_still_name_the_first()
    {
        var result = Send(new NetlinkAnswer([]) { Errno = Errno.NoBufferSpace }, new NetlinkAnswer(Error(Errno.NoEntry, 2)));
        Assert.Equal(NetfilterBatchStatus.Refused, result.Status);
        Assert.True(result.IsCutShort);
        Assert.Equal("first", Assert.Single(result.Errors).What);
    }

    [Fact]
    public void Another_process_cannot_answer_for_the_kernel()
    {
        var result = Send(new NetlinkAnswer(Error(Errno.NoEntry, 2)) { Sender = 4711 }, new NetlinkAnswer(Generation));
        Assert.Equal(NetfilterBatchStatus.Committed, result.Status);
    }

    [Fact]
    public void A_channel_that_breaks_leaves_the_fate_open()
    {
        Assert.Equal(NetfilterBatchStatus.Failed, Send(new NetlinkAnswer([]) { Errno = Errno.BrokenPipe }).Status);
        Assert.Equal(NetfilterBatchStatus.Failed, Send(new NetlinkAnswer([])).Status);
    }

    [Fact]
    public void Damaged_answers_never_throw()
    {
        byte[] good = [.. Explained(Errno.Exists, 2, "text", 24), .. Error(Errno.NoEntry, 3), .. Generation];
        Fuzz.Run(3000, (random, _) => Send(new NetlinkAnswer(Fuzz.Damage(random, good)), new NetlinkAnswer(Generation)));
    }

    private static byte[] Explained(int errno, uint sequence, string text, uint offset) => Message(
        NetlinkMessageType.Error,
        [
            .. BitConverter.GetBytes(-errno),
            .. Message(20, [], NetlinkFlags.Request, sequence),
            .. Attribute(1, [.. System.Text.Encoding.UTF8.GetBytes(text), 0]),
            .. Attribute(2, BitConverter.GetBytes(offset)),
        ],
        NetlinkFlags.Capped | NetlinkFlags.Explained,
        sequence);

    private static NetfilterBatchResult Send(params byte[][] answers) => Send([.. answers.Select(a => new NetlinkAnswer(a))]);

    private static NetfilterBatchResult Send(params NetlinkAnswer[] answers)
    {
        var batch = new NetfilterBatch(41);
        batch.Begin(NetfilterMessage.NewTable, 1, NetlinkFlags.Create, "first").Text(1, "t");
        batch.Begin(NetfilterMessage.NewChain, 1, NetlinkFlags.Create, "second").Text(1, "t");
        return batch.Send(new ScriptedChannel(answers));
    }
}
