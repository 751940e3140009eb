using Portolan.Firewall.Forwarding;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Forwarding;

/// <summary>Settings that forwards of the kernel change, and what becomes of them.</summary>
public sealed class ForwardSettingsTests : IDisposable
{
    private readonly ForwardLab _lab = ForwardLab.Create();

    public void Dispose() => _lab.Dispose();

    [Fact]
    public void All_are_as_before_when_the_last_of_several_forwards_ends()
    {
        var before = _lab.Settings();
        var first = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80"));
        var second = _lab.Open(ForwardLab.Forward(8081, "198.18.0.2:80", "[2001:db8:2::2]:80"));
        Assert.Equal(["portolan_forward", "portolan_forward2"], new[] { first.Rules.TableName, second.Rules.TableName });
        Assert.Equal("1", _lab.Setting("net/ipv4/conf/front0/forwarding"));
        Assert.Equal("1", _lab.Setting("net/ipv6/conf/back0/force_forwarding"));
        first.Dispose();
        Assert.Equal("1", _lab.Setting("net/ipv4/conf/front0/forwarding"));
        Assert.Empty(_lab.Gateway.Run(() => ForwardSettings.RestoreLeftovers()));
        second.Dispose();
        Assert.Equal(before, _lab.Settings());
        Assert.Equal("", _lab.Rules());
    }

    [Fact]
    public void A_host_that_forwards_already_is_left_as_it_is()
    {
        _lab.Gateway.Setting("net/ipv4/ip_forward", "1");
        _lab.Gateway.Setting("net/ipv6/conf/all/forwarding", "1");
        _lab.Gateway.Setting("net/ipv4/conf/all/route_localnet", "1");
        var before = _lab.Settings();
        using (var session = _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80", "[2001:db8:2::2]:80")))
        {
            Assert.Empty(session.Session.Changed);
            Assert.Equal(before, _lab.Settings());
            Assert.DoesNotContain("settings", _lab.Rules(), StringComparison.Ordinal);
        }

        Assert.Equal(before, _lab.Settings());
    }

    [Fact]
    public void A_forward_for_own_clients_makes_no_host_forward()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var own = ForwardLab.Forward(8080, "198.18.0.2:80") with { Address = InternetAddress.LoopbackIPv4 };
        using var session = _lab.Open(own);
        Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Gateway, "127.0.0.1:8080"));
        Assert.Equal(["net/ipv4/conf/all/route_localnet"], session.Session.Changed.Select(s => s.Name));
    }

    [Fact]
    public void An_interface_that_comes_later_forwards_too_and_so_does_one_that_was_set_back()
    {
        var before = _lab.Settings();
        var forward = ForwardLab.Forward(8080, "198.18.0.2:80");
        using (var session = _lab.Open(forward))
        {
            using var late = new LabHost();
            LabHost.Connect(_lab.Gateway, "late0", late, "eth0");
            _lab.Gateway.Address("late0", "203.0.113.1/24");
            late.Address("eth0", "203.0.113.2/24");
            _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
            _lab.Gateway.Setting("net/ipv4/conf/back0/forwarding", "0");
            Assert.Equal("silence", ForwardLab.Ask(late, "203.0.113.1:8080"));
            _lab.Gateway.Run(() => session.Session.Renew(ForwardLab.Needs(forward)));
            Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(late, "203.0.113.1:8080"));
            Assert.Contains("\"late0\"", _lab.Rules(), StringComparison.Ordinal);
            _lab.Gateway.Ip("link del late0");
        }

        Assert.Equal(before, _lab.Settings());
    }

    [Fact]
    public void What_somebody_else_changed_meanwhile_is_left_to_him()
    {
        _lab.Gateway.Setting("net/ipv6/conf/front0/accept_ra", "1");
        using (var older = new OlderKernel(_lab.Gateway))
        {
            var forward = ForwardLab.Forward(8080, "[2001:db8:2::2]:80");
            var session = _lab.Gateway.Run(() => ForwardSession.Open([forward], ForwardLab.Needs(forward), older.ProcRoot));
            Assert.Equal("2", _lab.Setting("net/ipv6/conf/front0/accept_ra"));
            _lab.Gateway.Setting("net/ipv6/conf/front0/accept_ra", "0");
            _lab.Gateway.Run(session.Dispose);
        }

        Assert.Equal("0", _lab.Setting("net/ipv6/conf/front0/accept_ra"));
    }

    [Fact]
    public void An_interface_that_gets_another_name_stays_closed_to_strangers_and_is_set_back()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        _lab.Client.Ip("route add 198.18.0.0/24 via 192.0.2.1");
        _lab.Target.Ip("route add 192.0.2.0/24 via 198.18.0.1");
        var forward = ForwardLab.Forward(8080, "198.18.0.2:80");
        using (var session = _lab.Open(forward))
        {
            _lab.Gateway.Ip("link set front0 down");
            _lab.Gateway.Ip("link set front0 name wan.0");
            _lab.Gateway.Ip("link set wan.0 up");
            _lab.Gateway.Run(() => session.Session.Renew(ForwardLab.Needs(forward)));
            Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
            Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "198.18.0.2:80"));
            Assert.Equal("1", _lab.Setting("net/ipv4/conf/wan.0/forwarding"));
        }

        Assert.Equal("0", _lab.Setting("net/ipv4/conf/wan.0/forwarding"));
        Assert.Equal("", _lab.Rules());
    }

    [Fact]
    public void Who_makes_the_host_a_router_meanwhile_has_a_router_then_and_afterwards()
    {
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target4");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target6");
        _lab.Client.Ip("route add 198.18.0.0/24 via 192.0.2.1");
        _lab.Target.Ip("route add 192.0.2.0/24 via 198.18.0.1");
        _lab.Client.Ip("-6 route add 2001:db8:2::/64 via 2001:db8:1::1");
        _lab.Target.Ip("-6 route add 2001:db8:1::/64 via 2001:db8:2::1");
        var forward = ForwardLab.Forward(8080, "198.18.0.2:80", "[2001:db8:2::2]:80");
        using (var session = _lab.Open(forward))
        {
            Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "198.18.0.2:80"));

            // As a container engine does when it starts.
            _lab.Gateway.Setting("net/ipv4/ip_forward", "1");
            _lab.Gateway.Setting("net/ipv6/conf/all/forwarding", "1");
            _lab.Gateway.Run(() => session.Session.Renew(ForwardLab.Needs(forward)));
            Assert.Equal("target4 saw 192.0.2.2", ForwardLab.Ask(_lab.Client, "198.18.0.2:80"));
            Assert.Equal("target6 saw 2001:db8:1::2", ForwardLab.Ask(_lab.Client, "[2001:db8:2::2]:80"));
            Assert.Equal("target4 saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        }

        Assert.Equal(
            ("1", "1", "0"),
            (_lab.Setting("net/ipv4/conf/front0/forwarding"), _lab.Setting("net/ipv4/conf/back0/forwarding"),
                _lab.Setting("net/ipv6/conf/front0/force_forwarding")));
        Assert.Equal("target4 saw 192.0.2.2", ForwardLab.Ask(_lab.Client, "198.18.0.2:80"));
        Assert.Equal("target6 saw 2001:db8:1::2", ForwardLab.Ask(_lab.Client, "[2001:db8:2::2]:80"));
    }

    [Fact]
    public void An_interface_that_a_routers_owner_excepted_is_excepted_again()
    {
        _lab.Gateway.Setting("net/ipv4/ip_forward", "1");
        _lab.Gateway.Setting("net/ipv4/conf/front0/forwarding", "0");
        _lab.Serve(_lab.Target, "198.18.0.2:80", "target");
        var before = _lab.Settings();
        using (_lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80")))
        {
            Assert.Equal("target saw 198.18.0.1", ForwardLab.Ask(_lab.Client, "192.0.2.1:8080"));
        }

        Assert.Equal(before, _lab.Settings());
    }

    [Theory]
    [InlineData("1 net/ipv4/conf/../../../kernel/core_pattern 0 1 0 host")]
    [InlineData("1 net/ipv4/conf/all/rp_filter 2 0 0 host")]
    [InlineData("1 net/ipv4/conf/front0/forwarding 0")]
    [InlineData("1 net/ipv4/conf/front0/forwarding 00 1 2 host")]
    [InlineData("hello")]
    public void A_note_that_no_forward_wrote_is_not_carried_out(string note)
    {
        _lab.Gateway.Setting("net/ipv4/conf/all/rp_filter", "0");
        _lab.Gateway.Nft(
            $"table inet portolan_forward_settings {{\n set settings {{\n type mark\n elements = {{ 1 comment \"{note}\" }}\n }}\n }}\n");
        var (before, rules) = (_lab.Settings(), _lab.Rules());
        foreach (var attempt in (Action[])[
            () => ForwardSettings.RestoreLeftovers(), () => _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80")).Dispose()])
        {
            var error = Assert.Throws<PortolanException>(() => _lab.Gateway.Run(attempt));
            Assert.Contains($"a note that is not from a forward: '{note}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("nft delete table inet portolan_forward_settings", error.Hint?.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal((before, rules), (_lab.Settings(), _lab.Rules()));
    }

    [Fact]
    public void A_lock_without_an_owner_is_named_at_once()
    {
        _lab.Gateway.Nft("table inet portolan_forward_lock {\n}\n");
        var error = Assert.Throws<PortolanException>(() => _lab.Open(ForwardLab.Forward(8080, "198.18.0.2:80")));
        Assert.Contains("no process owns it", error.Message, StringComparison.Ordinal);
        Assert.Contains("nft delete table inet portolan_forward_lock", error.Hint?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_before_6_17_becomes_a_router_for_IPv6_that_still_heeds_others_and_lets_no_stranger_through()
    {
        _lab.Gateway.Setting("net/ipv6/conf/front0/accept_ra", "1");
        _lab.Gateway.Setting("net/ipv6/conf/back0/forwarding", "1");
        _lab.Gateway.Setting("net/ipv6/conf/all/force_forwarding", "0");
        _lab.Serve(_lab.Target, "[2001:db8:2::2]:80", "target");
        _lab.Client.Ip("-6 route add 2001:db8:2::/64 via 2001:db8:1::1");
        _lab.Target.Ip("-6 route add 2001:db8:1::/64 via 2001:db8:2::1");
        var before = _lab.Settings();
        using var older = new OlderKernel(_lab.Gateway);
        var forward = ForwardLab.Forward(8080, "[2001:db8:2::2]:80");
        var session = _lab.Gateway.Run(() => ForwardSession.Open([forward], ForwardLab.Needs(forward), older.ProcRoot));
        Assert.Equal(
            ("1", "2", "0"),
            (_lab.Setting("net/ipv6/conf/all/forwarding"), _lab.Setting("net/ipv6/conf/front0/accept_ra"),
                _lab.Setting("net/ipv6/conf/front0/force_forwarding")));
        Assert.Equal("target saw 2001:db8:2::1", ForwardLab.Ask(_lab.Client, "[2001:db8:1::1]:8080"));
        Assert.Equal("silence", ForwardLab.Ask(_lab.Client, "[2001:db8:2::2]:80"));
        _lab.Gateway.Run(session.Dispose);
        Assert.Equal(before, _lab.Settings());
        Assert.Equal("", _lab.Rules());
    }

    [Fact]
    public void Whoever_flushes_all_rules_flushes_only_what_is_noted_again()
    {
        var before = _lab.Settings();
        var forward = ForwardLab.Forward(8080, "198.18.0.2:80");
        using (var session = _lab.Open(forward))
        {
            _lab.Gateway.Tool("nft", null, "flush", "ruleset");
            Assert.Contains("table inet portolan_forward {", _lab.Rules(), StringComparison.Ordinal);
            Assert.DoesNotContain("strangers", _lab.Rules(), StringComparison.Ordinal);
            _lab.Gateway.Run(() => session.Session.Renew(ForwardLab.Needs(forward)));
            Assert.Contains("chain strangers", _lab.Rules(), StringComparison.Ordinal);
            _lab.Gateway.Tool("nft", null, "flush", "ruleset");
        }

        Assert.Equal(before, _lab.Settings());
        Assert.Equal("", _lab.Rules());
    }

    /// <summary>The gateway's /proc as a kernel without force_forwarding shows it: links to the real files, but for that one.</summary>
    private sealed class OlderKernel : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("portolan");

        public OlderKernel(LabHost host) => host.Run(() =>
        {
            foreach (var file in new[] { "net/ipv4/conf", "net/ipv6/conf" }
                .SelectMany(f => Directory.EnumerateFiles("/proc/sys/" + f, "*", SearchOption.AllDirectories))
                .Where(f => !f.EndsWith("/force_forwarding", StringComparison.Ordinal)))
            {
                var link = Path.Combine(ProcRoot, file["/proc/".Length..]);
                Directory.CreateDirectory(Path.GetDirectoryName(link)!);
                File.CreateSymbolicLink(link, file);
            }
        });

        public string ProcRoot => _folder.FullName;

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
