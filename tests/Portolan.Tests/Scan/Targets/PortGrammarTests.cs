using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Targets;
using Portolan.Tests.Model;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class PortGrammarTests
{
    [Theory]
    [InlineData("22", "22", "22")]
    [InlineData("-", "1-65535", "1-65535")]
    [InlineData("0-", "0-65535", "0-65535")]
    [InlineData("-100,60000-", "1-100,60000-65535", "1-100,60000-65535")]
    [InlineData("T:80,443,U:53,161", "80,443", "53,161")]
    [InlineData("22,U:53,T:80", "22,80", "22,53")]
    [InlineData("u:53,67-68,t:80", "80", "53,67-68")]
    [InlineData(" T: 80 , 81 ,", "80-81", "")]
    [InlineData("U:,T:1", "1", "")]
    [InlineData("S:80,T:22", "22", "")]
    [InlineData("ssh,domain", "22,53", "22,53")]
    [InlineData("T:https,U:ntp", "443", "123")]
    [InlineData("http", "80", "80")]
    [InlineData("syslog", "", "514")]
    [InlineData("x11", "6000-6063", "6000-6063")]
    public void Ports_go_to_the_protocols_they_are_named_for(string text, string tcp, string udp)
    {
        var ports = new PortGrammar(tcp: true, udp: true, ServiceRegistry.BuiltIn).Parse(text, "-p");
        Assert.Equal((tcp, udp), (ports.Tcp.ToString(), ports.Udp.ToString()));
    }

    [Fact]
    public void Numbers_and_ranges_mean_what_they_mean_everywhere()
        => Prop.ForAll(PortSets.Sets, set =>
        {
            var text = set.ToString();
            return text.Length == 0
                || (new PortGrammar(true, true, ServiceRegistry.BuiltIn).TryParse(text, out var ports, out _) && ports.Tcp == set
                    && ports.Udp == set);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Brackets_keep_the_ports_that_the_registry_names()
    {
        var ports = new PortGrammar(true, true, ServiceRegistry.BuiltIn).Parse("[1-1024],[50000-],40000", "-p");
        Assert.True(ports.Tcp.Contains(new PortNumber(22)) && ports.Tcp.Contains(new PortNumber(40000)));
        Assert.All(
            ports.Tcp.Where(port => port != 40000),
            port => Assert.False(ServiceRegistry.BuiltIn.PrimaryName(port, TransportProtocol.Tcp).IsEmpty));
        Assert.DoesNotContain(new PortNumber(4), ports.Tcp);
        Assert.False(ports.Udp == ports.Tcp);
    }

    [Fact]
    public void A_bracket_may_hold_a_list()
    {
        var ports = new PortGrammar(true, false, ServiceRegistry.BuiltIn).Parse("[1-30,80-90],5", "-p");
        Assert.Equal(
            (true, true, true),
            (ports.Tcp.Contains(new PortNumber(22)), ports.Tcp.Contains(new PortNumber(80)), ports.Tcp.Contains(new PortNumber(5))));
        Assert.False(ports.Tcp.Contains(new PortNumber(26)));
    }

    [Fact]
    public void Wildcards_stand_for_services()
    {
        var ports = new PortGrammar(true, false, ServiceRegistry.BuiltIn).Parse("http*,ld?p", "-p");
        Assert.All((ushort[])[80, 443, 8080, 389], port => Assert.True(ports.Tcp.Contains(new PortNumber(port)), $"{port}"));
        Assert.False(ports.Tcp.Contains(new PortNumber(22)));
    }

    [Theory]
    [InlineData("", 0, "empty")]
    [InlineData("  ", 0, "empty")]
    [InlineData("70000", 0, "end at 65535")]
    [InlineData("22,70000", 3, "end at 65535")]
    [InlineData("90-80", 0, "did you mean 80-90?")]
    [InlineData("22,,80", 3, "missing")]
    [InlineData("T:22,X:80", 5, "protocols are")]
    [InlineData("P:6", 0, "IP protocols")]
    [InlineData("[1-10", 0, "not closed")]
    [InlineData("1-10]", 4, "no opening bracket")]
    [InlineData("[[1]]", 1, "a port|brackets|digit")]
    [InlineData("[]", 1, "missing")]
    [InlineData("htps", 0, "did you mean https?")]
    [InlineData("zzzz*", 0, "no service is named zzzz*")]
    [InlineData("1-2-3", 3, "one '-'")]
    public void A_fault_is_shown_where_it_is(string text, int position, string reason)
    {
        Assert.False(new PortGrammar(true, true, ServiceRegistry.BuiltIn).TryParse(text, out _, out var error));
        Assert.Equal(position, error.Position);
        Assert.Matches(System.Text.RegularExpressions.Regex.Escape(reason).Replace("\\|", "|"), error.Reason);
    }

    [Fact]
    public void The_message_names_the_option_and_points_at_the_fault()
    {
        var exception =
            Assert.Throws<PortolanException>(() => new PortGrammar(true, false, ServiceRegistry.BuiltIn).Parse("22,90-80", "-p"));
        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.StartsWith("-p \"22,90-80\": the range runs backwards", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["  22,90-80", "     ^^^^^"], exception.Details);
    }

    [Fact]
    public void Ports_of_a_protocol_that_is_not_scanned_are_left_out_with_a_warning()
    {
        var grammar = new PortGrammar(tcp: true, udp: false, ServiceRegistry.BuiltIn);
        var ports = grammar.Parse("22,U:53,snmp,S:80,36412,T:80", "-p");
        Assert.Equal(("22,80", ""), (ports.Tcp.ToString(), ports.Udp.ToString()));
        Assert.Equal(
            ["ports after U: are left out: no UDP scan is requested (add -sU)", "ports after S: are left out: SCTP is not scanned"],
            grammar.Warnings);
    }

    [Fact]
    public void A_service_of_the_other_protocol_says_which()
    {
        Assert.False(new PortGrammar(tcp: true, udp: false, ServiceRegistry.BuiltIn).TryParse("syslog", out _, out var error));
        Assert.Equal("syslog is a UDP service (514/udp), and UDP is not scanned: add -sU", error.Reason);
    }

    [Fact]
    public void Top_ports_are_those_of_the_scanned_protocols()
    {
        var ports = new PortGrammar(tcp: true, udp: false, ServiceRegistry.BuiltIn).Top(TopPorts.FastCount);
        Assert.Equal((100, 0), (ports.Tcp.Count, ports.Udp.Count));
    }

    // Few rounds with names: each misspelt one is compared with the whole registry.
    [Theory]
    [InlineData("22,80-90,T:-100,U:[53,60000-],S:1,", 300)]
    [InlineData("22,http*,[1-9],T:ssh,U:domain", 20)]
    public void Any_text_is_ports_or_an_error_within_it(string honest, int rounds)
        => Fuzz.Run(rounds, (random, seed) =>
        {
            var text = System.Text.Encoding.Latin1.GetString(Fuzz.Damage(random, System.Text.Encoding.Latin1.GetBytes(honest)));
            if (!new PortGrammar(true, seed % 2 == 0, ServiceRegistry.BuiltIn).TryParse(text, out _, out var error))
            {
                Assert.InRange(error.Position, 0, text.Length);
                Assert.True(error.Length > 0 && error.Reason.Length > 0);
            }
        });
}
