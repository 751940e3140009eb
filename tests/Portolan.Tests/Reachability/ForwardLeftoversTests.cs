using Portolan.Firewall.Forwarding;
using Portolan.Reachability.Forwarding;

namespace Portolan.Tests.Reachability;

public sealed class ForwardLeftoversTests
{
    private static readonly List<HostSetting> Many =
        [.. Enumerable.Range(0, 200).Select(static i => new HostSetting($"net/ipv4/conf/veth{i}/forwarding", "0", "1"))];

    [Fact]
    public void A_few_settings_are_named() => Assert.Equal(
        "net.ipv4.conf.veth0.forwarding=1, net.ipv4.conf.veth1.forwarding=1",
        ForwardLeftovers.Settings(Many[..2], static s => s.During, ForwardLeftovers.MostNamed, " (-v lists them)"));

    [Fact]
    public void Those_of_many_interfaces_are_counted() => Assert.Equal(
        "net.ipv4.conf.veth0.forwarding=0, net.ipv4.conf.veth1.forwarding=0, net.ipv4.conf.veth2.forwarding=0 and 197 more (-v lists them)",
        ForwardLeftovers.Settings(Many, static s => s.Before, ForwardLeftovers.MostNamed, " (-v lists them)"));

    [Fact]
    public void All_are_named_when_that_is_asked() =>
        Assert.Equal(200, ForwardLeftovers.Settings(Many, static s => s.During, int.MaxValue, "").Split(", ").Length);
}
