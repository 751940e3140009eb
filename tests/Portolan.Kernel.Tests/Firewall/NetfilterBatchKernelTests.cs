using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>What the kernel makes of batches, in namespaces of the tests' own.</summary>
public sealed class NetfilterBatchKernelTests
{
    private const byte Inet = 1;

    [Fact]
    public void A_table_of_a_batch_is_there_and_the_generation_moved() => Netns.Run(() =>
    {
        using var socket = Open();
        var before = Tables(new NetfilterBatch()).Send(socket);
        Assert.Equal(NetfilterBatchStatus.Committed, before.Status);
        var after = Tables(new NetfilterBatch(before.Generation), "a").Send(socket);
        Assert.Equal(NetfilterBatchStatus.Committed, after.Status);
        Assert.NotEqual(before.Generation, after.Generation);
        Assert.Contains(Tool.Lines("nft", "list", "tables"), l => l == "table inet a");
    });

    [Fact]
    public void A_batch_for_another_generation_changes_nothing() => Netns.Run(() =>
    {
        using var socket = Open();
        var first = Tables(new NetfilterBatch(), "a").Send(socket);
        Assert.Equal(NetfilterBatchStatus.GenerationConflict, Tables(new NetfilterBatch(first.Generation + 1), "b").Send(socket).Status);
        Assert.Equal(["table inet a"], Tool.Lines("nft", "list", "tables"));
    });

    [Fact]
    public void One_message_at_fault_is_named_and_the_others_are_undone() => Netns.Run(() =>
    {
        using var socket = Open();
        var batch = Tables(new NetfilterBatch(), "a");
        batch.Begin(NetfilterMessage.NewChain, Inet, NetlinkFlags.Create, "chain of no table").Text(1, "absent");
        Tables(batch, "b");
        var result = batch.Send(socket);
        Assert.Equal(NetfilterBatchStatus.Refused, result.Status);
        Assert.Equal(["chain of no table"], result.Errors.Select(e => e.What));
        Assert.Equal(Errno.NoEntry, result.Errno);
        Assert.NotNull(result.Errors[0].Offset);
        Assert.Empty(Tool.Lines("nft", "list", "tables"));
    });

    [Fact]
    public void A_batch_larger_than_the_send_buffer_is_one_transaction_all_the_same() => Netns.Run(() =>
    {
        using var socket = Open();
        var batch = new NetfilterBatch();
        for (var index = 0; index < 10_000; index++)
        {
            batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create, "table").Text(1, "t" + index % 50);
            batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create, "table").Text(1, "t" + index % 50);
        }

        Tables(batch, "last");
        Assert.True(batch.Length > 500_000);
        Assert.Equal(NetfilterBatchStatus.Committed, batch.Send(socket).Status);
        Assert.Equal(51, Tool.Lines("nft", "list", "tables").Length);
    });

    [Fact]
    public void Thousands_of_errors_name_the_first_and_say_that_they_are_not_all() => Netns.Run(() =>
    {
        using var socket = Open();
        var batch = new NetfilterBatch();
        for (var index = 0; index < 5000; index++)
        {
            batch.Begin(NetfilterMessage.DeleteTable, Inet, NetlinkFlags.None, "table " + index).Text(1, "absent");
        }

        var result = batch.Send(socket);
        Assert.Equal(NetfilterBatchStatus.Refused, result.Status);
        Assert.Equal("table 0", result.Errors[0].What);
        Assert.True(result.IsCutShort || result.Errors.Count == 5000);
    });

    [Fact]
    public void Without_the_capability_nothing_is_permitted() => Netns.Run(() =>
    {
        ThreadPrivileges.Drop();
        using var socket = Open();
        Assert.Equal(NetfilterBatchStatus.NotPermitted, Tables(new NetfilterBatch(), "a").Send(socket).Status);
    });

    private static NetlinkSocket Open()
    {
        var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        socket.ExplainErrors();
        return socket;
    }

    private static NetfilterBatch Tables(NetfilterBatch batch, params string[] names)
    {
        foreach (var name in names)
        {
            batch.Begin(NetfilterMessage.NewTable, Inet, NetlinkFlags.Create, "table " + name).Text(1, name);
        }

        return batch;
    }
}
