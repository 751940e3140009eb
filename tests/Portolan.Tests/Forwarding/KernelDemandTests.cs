using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Kernel;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

/// <summary>What the kernel is not asked for.</summary>
public sealed class KernelDemandTests
{
    [Theory]
    [InlineData("8080", "[fe80::1%eth0]:80")]
    [InlineData("[fe80::1%eth0]:8080", "[2001:db8::1]:80")]
    public void Link_local_addresses_of_an_interface_are_refused(string listen, string target)
    {
        var specs = ForwardWords.ReadPair(listen, target, new ForwardOptions());
        var error = Assert.Throws<PortolanException>(() => KernelDemands.Check(specs));
        Assert.Contains("a link-local address", error.Message, StringComparison.Ordinal);
        Assert.Contains("leave out --kernel", error.Hint?.ToString(), StringComparison.Ordinal);
    }
}
