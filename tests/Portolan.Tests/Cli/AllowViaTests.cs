using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>What <c>--via</c> cannot do is refused before the machine is looked at.</summary>
public sealed class AllowViaTests
{
    [Theory]
    [InlineData("allow 8080 --via ufw --for 10m", "not --for: a manager's rule lasts until it is removed", "leave out --for")]
    [InlineData("allow 8080 --via firewalld --rate 3/second", "takes ports and --from, not --rate", "leave out --rate")]
    [InlineData("allow 8080 --via ufw --rate 3/second --uncounted 192.0.2.1", "not --rate", "leave out --rate")]
    [InlineData("allow 8080 --via ufw --to 192.0.2.1", "not --to", "leave out --to")]
    [InlineData("allow 8080 --via ufw --iface eth0", "not --iface", "leave out --iface")]
    [InlineData("allow 8080 --via ufw --confirm-within 5m", "not --confirm-within: a manager's rule is never pending", "leave")]
    [InlineData("allow 8080 --via shorewall", "--via does not know the firewall manager 'shorewall'", "--via ufw or --via firewalld")]
    [InlineData("allow 8080 --via portolan", "--via takes a firewall manager other than Portolan", "leave out --via")]
    [InlineData("allow 8080 --via", "option --via needs a value", "portolan help allow")]
    [InlineData("allow 99999 --via ufw", "99999", "65535")]
    [InlineData("block 8080 --via ufw", "portolan block has no option '--via'", "ufw delete allow PORT revokes what ufw allows")]
    [InlineData("reject 8080 --via ufw", "portolan reject has no option '--via'", "ufw delete allow PORT revokes what ufw allows")]
    [InlineData("firewall undo --via ufw", "portolan firewall undo has no option '--via'", "remove them with ufw delete allow PORT")]
    [InlineData("firewall confirm --via ufw", "portolan firewall confirm has no option '--via'", "never pending")]
    public void A_wrong_use_is_named_with_its_remedy(string line, string message, string hint)
    {
        var console = new TestConsole();
        Assert.Equal(2, console.Run(line.Split(' ')));
        Assert.Contains(message, console.Error, StringComparison.Ordinal);
        Assert.Contains(hint, console.Error, StringComparison.Ordinal);
        Assert.Empty(console.Output);
    }
}
