using Portolan.Firewall.Changing;
using Portolan.Firewall.Forwarding;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Forwarding;

namespace Portolan.Tests.Firewall.Forwarding;

/// <summary>What a table of forwards is read as: what it was written from.</summary>
public sealed class WorkingForwardTests
{
    private static readonly string[] Addresses = ["", "0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "127.0.0.1"];
    private static readonly string[] Sources = [
        "", "192.0.2.0/24", "198.18.0.0/15,2001:db8::/33", "0.0.0.0/0", "203.0.113.9/32,2001:db8::9/128"];
    private static readonly string[] Targets = [
        "192.0.2.7:80", "192.0.2.7:80,192.0.2.8:81,192.0.2.6:1", "[2001:db8::7]:443", "192.0.2.7:80,[2001:db8::7]:80", ""];

    [Fact]
    public void Every_forward_is_read_as_it_was_written()
    {
        var written = new List<KernelForward>();
        var port = 1000;
        foreach (var (address, sources, targets) in from a in Addresses from s in Sources from t in Targets select (a, s, t))
        {
            var forward = Forward(port % 2 == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp, port++, address, sources, targets);

            // One whose senders are all of the other family has no rule.
            if (forward.Sources.Count == 0 || forward.Sources.Any(s => forward.Serves(s.Address.IsIPv4)))
            {
                written.Add(forward);
            }
        }

        // Two addresses of one port.
        written.Add(Forward(TransportProtocol.Tcp, 80, "192.0.2.1", "192.0.2.0/24", "192.0.2.7:80"));
        written.Add(Forward(TransportProtocol.Tcp, 80, "192.0.2.2", "", "192.0.2.8:80") with { KeepsSource = true, NewPerSecond = 50 });
        var read = WorkingForward.All(Rules(written));
        Assert.Equal(written.Select(Text), read.Select(r => Text(r.Forward)));
        Assert.All(read, r => Assert.Equal(RuleFamily.Inet, r.Rule.Table.Family));
    }

    [Fact]
    public void A_table_of_that_name_without_an_owner_is_no_forward_at_work()
    {
        var rules = Rules([Forward(TransportProtocol.Tcp, 80, "", "", "192.0.2.7:80")]);
        Assert.Single(WorkingForward.All(rules));
        Assert.Empty(WorkingForward.All(rules with { Tables = [.. rules.Tables.Select(t => t with { Flags = TableFlags.None })] }));
    }

    [Fact]
    public void What_is_not_as_forwards_write_it_is_passed_over()
    {
        var rules = Rules([Forward(TransportProtocol.Tcp, 80, "192.0.2.1", "192.0.2.0/24", "192.0.2.7:80,192.0.2.8:80")]);
        var table = rules.Tables[0];
        foreach (var torn in (RuleTable[])[
            table with { Sets = [] },
            table with { Chains = [] },
            table with { Chains = [.. table.Chains.Select(c => c with { Rules = [] })] },
            .. table.Chains.Select(gone => table with { Chains = [.. table.Chains.Where(c => c != gone)] }),
            .. table.Sets.Select(gone => table with { Sets = [.. table.Sets.Where(s => s != gone)] }),
            table with { Chains = [.. table.Chains.Select(
                c => c with { Rules = [.. c.Rules.Select(r => r with { Expressions = [.. r.Expressions.Skip(1)] })] })] }])
        {
            Assert.InRange(PortForwards.OfPortolan(rules with { Tables = [torn] }).Count, 0, 1);
        }
    }

    [Fact]
    public void Its_words_say_where_it_leads_and_for_whom()
    {
        var forward = PortForwards.OfPortolan(
            Rules([Forward(TransportProtocol.Tcp, 8080, "192.0.2.1", "192.0.2.0/24,203.0.113.9/32", "192.0.2.7:80,192.0.2.8:81")]))[0];
        Assert.Equal(
            ("192.0.2.1:8080", "192.0.2.7:80, 192.0.2.8:81, only from 192.0.2.0/24, 203.0.113.9, IPv4 only"),
            (forward.Listen, forward.Words));
        Assert.Equal(
            "no target that is up, IPv6 only", PortForwards.OfPortolan(Rules([Forward(TransportProtocol.Udp, 53, "::", "", "")]))[0].Words);
    }

    private static Ruleset Rules(IReadOnlyList<KernelForward> forwards) =>
        ProposedRuleset.Decode(ForwardTable.Batch(ForwardTable.Name, forwards), 1);

    private static KernelForward Forward(TransportProtocol protocol, int port, string address, string sources, string targets) =>
        new(protocol, new PortNumber((ushort)port))
        {
            Address = InternetAddress.TryParse(address, out var own) ? own : null,
            Sources = [.. sources.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(
            s => AddressPrefix.TryParse(s, out var prefix) ? prefix : default)],
            Targets =
                [.. targets.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static t => System.Net.IPEndPoint.Parse(t)).Select(
            static t => new KernelTarget(InternetAddress.From(t.Address), new PortNumber((ushort)t.Port)))],
        };

    // What the rules cannot say is not compared: senders and targets of a family that the address leaves out, and networks of all addresses
    // of the one family that there is.
    private static string Text(KernelForward forward) =>
        $"{forward.Protocol} {forward.Address}:{forward.Port} keeps {forward.KeepsSource}, {forward.NewPerSecond}/s, to "
            + $"{string.Join(',', forward.Targets.Where(t => forward.Serves(t.Address.IsIPv4)).OrderBy(t => !t.Address.IsIPv4))} from "
        + string.Join(',', forward.Sources.Where(s => forward.Serves(s.Address.IsIPv4) && (s.Length > 0 || forward.Address is null)));
}
