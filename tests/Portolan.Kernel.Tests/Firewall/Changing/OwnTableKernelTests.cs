using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>Portolan's own table as the kernel holds it, in namespaces of the tests' own.</summary>
public sealed class OwnTableKernelTests
{
    private static readonly string[] Every =
    [
        "allow 5432/tcp --from 203.0.113.0/28",
        "block 8080",
        "reject 25,110,8000-8100/tcp --from 10.0.0.0/8,192.0.2.1-192.0.2.9,2001:db8::/33,2001:db8:ffff::1 --to 198.51.100.1 --iface eth0",
        "reject 53/udp --from 2001:db8::/48",
        "allow 22/tcp --rate 10/minute --from 198.51.100.0/27",
        "allow 9000/sctp --for 10m --to 2001:db8::1",
        "block 1-1023/udplite --from 0.0.0.0/0",
        "close-unused",
    ];

    [Fact]
    public void Nft_makes_the_same_of_the_text_as_the_messages_say() => Netns.Run(() =>
    {
        var image = OwnTableBuilder.Build(State(Every));
        using var channel = RuleChanger.OpenKernel();
        var result = TableMessages.Batch(image, null).Send(channel);
        Assert.True(result.Status == NetfilterBatchStatus.Committed, result.ToException("load").Message);
        var ours = Loaded();
        Assert.Contains(ours, l => l.Contains("lookup reg 1 set armed", StringComparison.Ordinal));

        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, TableText.Of(image));
            Tool.Lines("nft", "-f", file);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(ours, Loaded());
    });

    [Fact]
    public void What_the_kernel_holds_reads_back_as_the_same_state() => Netns.Run(() =>
    {
        var state = State(Every);
        using (var channel = RuleChanger.OpenKernel())
        {
            Assert.Equal(NetfilterBatchStatus.Committed, TableMessages.Batch(OwnTableBuilder.Build(state), null).Send(channel).Status);
        }

        var own = new RuleChanger(RuleChanger.OpenKernel).Read(TestContext.Current.CancellationToken).Own;
        Assert.Empty(own.Expired);
        Assert.Equal(state.Rules.Select(r => (r.Number, r.Words)), own.State.Rules.Select(r => (r.Number, r.Words)));
        Assert.Equal(
            state.Changes.Select(c => (c.Number, c.Words, c.At, c.By, c.Origin)),
            own.State.Changes.Select(c => (c.Number, c.Words, c.At, c.By, c.Origin)));
        Assert.All(own.State.Changes, c => Assert.InRange(c.Remaining!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));
        Assert.All(own.State.Rules, r => Assert.InRange(r.Remaining!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));
    });

    internal static OwnState State(params string[] rules)
    {
        var state = OwnState.Empty;
        var origin = new ChangeOrigin(ChangeOriginKind.Network) { Cookie = 7, Inode = 8, LocalPort = 22, RemotePort = 50000 };
        foreach (var words in rules)
        {
            Assert.True(RuleWords.TryParse(0, words, out var rule), words);
            var context =
                new ChangeContext("root", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), origin, TimeSpan.FromSeconds(60));
            state = RulePlanner.Add(state, [rule], words, context).After;
        }

        return state;
    }

    /// <summary>
    /// The bytecode, without the text of it, whose times run; elements in order, for the kernel hashes them with a secret.
    /// </summary>
    private static List<string> Loaded()
    {
        var (lines, elements) = (new List<string>(), new List<string>());
        foreach (var line in Tool.Lines("nft", "--debug=netlink", "list", "table", "inet", "portolan").TakeWhile(
            l => !l.StartsWith("table ", StringComparison.Ordinal)))
        {
            if (line.StartsWith('\t'))
            {
                elements.Add(line);
                continue;
            }

            lines.AddRange(elements.Order(StringComparer.Ordinal));
            elements.Clear();
            lines.Add(line.StartsWith("inet ", StringComparison.Ordinal) ? string.Join(' ', line.Split(' ').Take(3)) : line);
        }

        return lines;
    }
}
