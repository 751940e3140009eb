using Portolan.Cli.Commands;
using Portolan.Cli.Forwarding;
using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;

namespace Portolan.Tests.Forwarding;

/// <summary>Lines for people: ranges of ports, settings of many interfaces, words of other programs.</summary>
public sealed class ForwardLinesTests
{
    [Fact]
    public void Forwards_that_follow_each_other_are_one_group_up_to_one_that_stands_alone()
    {
        var specs = ForwardWords.ReadPair("8000-8099", "web:9000-9099", new ForwardOptions());
        Assert.Equal([(0, 100)], ForwardRanges.Group(specs, static _ => false));
        Assert.Equal([(0, 40), (40, 1), (41, 59)], ForwardRanges.Group(specs, static i => i == 40));
        Assert.Equal(
            ("*:8000-8099/tcp", "web:9000-9099"), (ForwardRanges.Listen(specs[0], 100), ForwardRanges.Target(specs[0].Targets[0], 100)));
    }

    [Fact]
    public void What_differs_is_not_put_together_and_a_few_ports_are_shown_one_by_one()
    {
        var options = new ForwardOptions();
        Assert.Equal(8, ForwardRanges.Group(ForwardWords.ReadPair("8000-8007", "web", options), static _ => false).Count());
        List<ForwardSpec> mixed =
        [
            .. ForwardWords.ReadPair("8000-8099", "web", options),
            .. ForwardWords.ReadPair("8100-8199/udp", "web", options),
            .. ForwardWords.ReadPair("8200-8299/udp", "db", options),
            .. ForwardWords.ReadPair("8300-8399/udp", "db", options with { Limit = 5 }),
            .. ForwardWords.ReadPair("127.0.0.1:8400-8499/udp", "db", options with { Limit = 5 }),
            .. ForwardWords.ReadPair("127.0.0.1:8500-8599/udp", "db:1000-1099", options with { Limit = 5 }),
        ];
        Assert.Equal([(0, 100), (100, 100), (200, 100), (300, 100), (400, 100), (500, 100)], ForwardRanges.Group(mixed, static _ => false));
    }

    [Fact]
    public void A_setting_of_many_interfaces_is_one_line_and_of_a_few_one_each()
    {
        var settings = Enumerable.Range(1, 1000)
            .Select(i => new HostSetting($"net/ipv4/conf/veth{i}/forwarding", "0", "1") { Interface = i }).ToList();
        settings.Add(new HostSetting("net/ipv4/conf/all/route_localnet", "0", "1"));
        settings.Add(new HostSetting("net/ipv6/conf/all/forwarding", "1", "1"));
        Assert.Equal(
            ["net.ipv4.conf.*.forwarding of 1000 interfaces (veth1, veth2, veth3 and 997 more)", "net.ipv4.conf.all.route_localnet"],
            SettingLines.Of(settings).Select(l => l.Name));
        Assert.Equal(5, SettingLines.Of(settings.Skip(996)).Count());
    }

    [Fact]
    public void Words_of_other_programs_have_a_hint_and_none_of_them_is_an_option_here()
    {
        var own = new ForwardCommand().Options.SelectMany(o => o.Aliases.Append(o.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var word in new[] { "--sni", "--balance", "--deny", "--maxconn", "--timeout", "--udp", "--send-proxy", "--workers",
            "--proxy-responses", "--daemon" })
        {
            Assert.NotNull(ForeignWords.HintFor(word));
        }

        Assert.All(own, word => Assert.Null(ForeignWords.HintFor(word)));
        Assert.Null(ForeignWords.HintFor("--nothing-known"));
    }
}
