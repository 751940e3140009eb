using Portolan.Kernel.Tests.Sockets;
using Portolan.Kernel.Tests.Support;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Kernel.Tests.Filtering;

/// <summary>Filters pushed into the kernel against the same filters judged here, and against ss.</summary>
public sealed class FilterKernelTests
{
    private const SocketProtocols Kinds = SocketProtocols.Tcp | SocketProtocols.Udp | SocketProtocols.Raw;

    // ss has no precedence: only filters that mean the same in any.
    private static readonly string[] SsFilters =
    [
        "sport = :22",
        "sport != :22",
        "dport = :1080",
        "sport >= :1024",
        "sport gt :1080 and sport le :60999",
        "( sport = :22 or dport = :1080 )",
        "not ( sport = :22 or dport = :1080 )",
        "src 127.0.0.1",
        "src 127.9.0.0/16",
        "dst 127.9.0.0/17:1080",
        "src = [::1]",
        "dst [::/0]",
        "src inet:127.0.0.0/8",
        "dst inet6:[::1]",
        "src :22",
        "dst *:1080",
        "src 127.9.0.1:* and sport = :22",
        "dev lo",
        "dev != lo",
        "state established",
        "state established state time-wait",
        "state connected exclude established",
        "state synchronized dst 127.0.0.0/8",
        "state bucket",
        "exclude listening",
        "state listening sport = :22 or sport = :443",
        "state big ( sport = :1080 or dport = :1080 )",
    ];

    [Fact]
    public void What_the_kernel_keeps_back_never_matches() => Netns.Run(() =>
    {
        using var zoo = new FilterZoo();
        var query = new SocketQuery { Protocols = Kinds };
        var all = FilterZoo.Read(query);
        const int seed = 7;
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var text = FilterZoo.RandomFilter(all.Sockets, random, depth: 4, kernelOnly: false);
            var filter = SocketFilter.Parse([text], FilterZoo.Names);
            bool Passes(SocketEntry entry) => filter.Judge(entry, FilterContext.EntryOnly) != FilterResult.No;
            Multiset.Equal(
                FilterZoo.Rows(all, Passes), FilterZoo.Rows(FilterZoo.Read(filter.Pushdown.Narrow(query)), Passes),
                $"without pushdown, seed {seed}, round {round}, {text}");
        }
    });

    [Fact]
    public void What_the_kernel_can_decide_it_decides_as_we_do() => Netns.Run(() =>
    {
        using var zoo = new FilterZoo();
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp };
        var all = FilterZoo.Read(query);
        const int seed = 8;
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var text = FilterZoo.RandomFilter(all.Sockets, random, depth: 3, kernelOnly: true);
            var filter = SocketFilter.Parse([text], FilterZoo.Names);
            var kept = FilterZoo.Read(query with { Bytecode = filter.Pushdown.Bytecode });

            // Had the kernel refused the program, the sockets would come from /proc/net.
            Assert.Equal([new SocketSourceNote(SocketProtocols.Tcp, "netlink")], kept.Sources);
            Multiset.Equal(
                FilterZoo.Rows(all, entry => filter.Judge(entry, FilterContext.EntryOnly) == FilterResult.Yes),
                FilterZoo.Rows(kept, static _ => true),
                $"judged here, seed {seed}, round {round}, {text}");
        }
    });

    [Theory]
    [InlineData("sport 1,3,5,7,9,11,13,15,17,19,22,24,26,28,30,32,1080")]
    [InlineData("not (sport 1,3,5,7,9,11,13,15,17,19,22,24,26,28,30,32,1080 or dst 127.9.0.0/16,10.0.0.0/8,::1)")]
    public void Long_programs_pass_the_kernels_audit(string text) => Netns.Run(() =>
    {
        using var zoo = new FilterZoo();
        var query = new SocketQuery { Protocols = SocketProtocols.Tcp };
        var filter = SocketFilter.Parse([text], FilterZoo.Names);
        Assert.True(filter.Pushdown.Bytecode.Length > 200);
        var kept = FilterZoo.Read(query with { Bytecode = filter.Pushdown.Bytecode });
        Assert.Equal([new SocketSourceNote(SocketProtocols.Tcp, "netlink")], kept.Sources);
        Multiset.Equal(
            FilterZoo.Rows(FilterZoo.Read(query), entry => filter.Judge(entry, FilterContext.EntryOnly) == FilterResult.Yes),
            FilterZoo.Rows(kept, static _ => true),
            "judged here");
    });

    [Fact]
    public void What_ss_users_type_lists_what_ss_lists() => Netns.Run(() =>
    {
        using var zoo = new FilterZoo();
        foreach (var text in SsFilters)
        {
            var filter = SocketFilter.Parse([text], FilterZoo.Names);
            var expected =
                Tool.Lines("ss", ["-tanHe", .. text.Split(' ')]).Select(line => $"Tcp {SsRow.FromSs(WithState(line, text))}").ToList();
            Assert.True(expected.Count > 0, text);
            var snapshot = FilterZoo.Read(filter.Pushdown.Narrow(new SocketQuery { Protocols = SocketProtocols.Tcp }));
            var rows = FilterZoo.Rows(snapshot, entry => filter.Judge(entry, FilterContext.EntryOnly) == FilterResult.Yes);
            Multiset.Equal(expected, rows, $"ss {text}");
        }
    });

    // ss leaves the state's column out when only one was asked for.
    private static string WithState(string line, string text) => !char.IsAsciiDigit(line[0]) ? line
        : text.StartsWith("state established", StringComparison.Ordinal) ? $"ESTAB {line}"
        : $"LISTEN {line}";
}
