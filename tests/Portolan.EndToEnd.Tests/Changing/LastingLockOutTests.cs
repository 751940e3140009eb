namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>What is confirmed is judged as it will stay: over a real sshd, nobody confirms a lock-out that only comes later.</summary>
public sealed class LastingLockOutTests
{
    private const string Me = "198.18.0.1";

    [Theory]
    [InlineData("block 22/tcp", "rule #2 block 22/tcp")]
    [InlineData("firewall close-unused --yes", "rule #2 close-unused: what no rule above allows is dropped")]
    public void A_change_is_not_confirmed_while_what_keeps_the_caller_in_is_still_pending(string change, string decider)
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        ssh.Run($"$P allow 22/tcp --from {Me} && $P {change} --confirm-within 5m").Expect(0);
        var refused = ssh.Run("$P firewall confirm 2").Expect(3);
        Assert.Contains($"once rule #1 (allow 22/tcp --from {Me}) ends, in ", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"to 198.18.0.2 port 22/tcp) would be stopped by {decider}", refused.Error, StringComparison.Ordinal);
        Assert.Contains(
            "hint: another pending change keeps you in: confirm all with portolan firewall confirm, without a number", refused.Error,
            StringComparison.Ordinal);
        ssh.Run("$P firewall confirm --no-save").Expect(0);
    }

    [Fact]
    public void To_undo_what_keeps_the_caller_in_is_refused()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        ssh.Run($"$P block 22/tcp --force && $P allow 22/tcp --from {Me}").Expect(0);
        ssh.Run("$P firewall undo").Expect(3);
        ssh.Run("$P firewall confirm --no-save").Expect(0);
        Assert.Contains("would be stopped by rule #1 block 22/tcp", ssh.Run("$P firewall undo").Expect(3).Error, StringComparison.Ordinal);
        ssh.Run("$P firewall undo --steps 2").Expect(0);
        ssh.Run("$P firewall confirm --no-save").Expect(0);
    }

    [Fact]
    public void A_block_is_not_confirmed_after_what_kept_the_caller_in_was_not_confirmed_in_time()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        ssh.Run($"$P allow 22/tcp --from {Me} --confirm-within 6s && $P block 22/tcp --confirm-within 60s").Expect(0);
        var refused = ssh.Run("sleep 7; $P firewall confirm; test $? = 3 && $P firewall confirm --force").Expect(0);
        Assert.Contains(
            "a new connection like yours (from 198.18.0.1 to 198.18.0.2 port 22/tcp) would be stopped by rule #2 block 22/tcp",
            refused.Error, StringComparison.Ordinal);
        Assert.Contains(
            "hint: first keep yourself in with portolan allow 22/tcp --from 198.18.0.1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("warning: a new connection like yours", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_out_that_comes_when_a_time_ends_is_warned_of_and_not_confirmed()
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        ssh.Run($"$P allow 22/tcp --from {Me} --for 1h").Expect(0);
        var applied = ssh.Run("$P block 22/tcp").Expect(0);
        Assert.Matches($@"warning: once this is confirmed: once rule #1 \(allow 22/tcp --from {Me} --for 1h\) ends, in (1h|59m\S*), a new connection like yours", applied.Error);
        var refused = ssh.Run("$P firewall confirm").Expect(3);
        Assert.Contains("block 22/tcp", refused.Error, StringComparison.Ordinal);
        Assert.Contains(
            "hint: first keep yourself in with portolan allow 22/tcp --from 198.18.0.1", refused.Error, StringComparison.Ordinal);

        // What the hint says takes the place of the rule that ends, and then all may last.
        ssh.Run($"$P allow 22/tcp --from {Me}").Expect(0);
        ssh.Run("$P firewall confirm --no-save").Expect(0);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData(RuleLab.ServerAddress)]
    [InlineData("203.0.113.7")]
    public void A_connection_of_the_machine_to_itself_proves_nothing(string address)
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        lab.Server.Tool("ip", null, "route", "add", "local", "203.0.113.0/24", "dev", "lo");
        var applied = ssh.RunFromItself("$P block 22/tcp --confirm-within 5m", address).Expect(0);
        Assert.Contains("note: your connection is from this machine to itself", applied.Error, StringComparison.Ordinal);
        Assert.Contains(
            "this is a connection of the machine to itself", ssh.RunFromItself("$P firewall confirm", address).Expect(3).Error,
            StringComparison.Ordinal);
        Assert.False(lab.LetsIn(22, 0.5));
        ssh.RunFromItself("$P firewall undo", address).Expect(0);
        Assert.True(lab.LetsIn(22, 10));
    }

    [Theory]
    [InlineData("block 22/tcp")]
    [InlineData("block 22/tcp --iface eth0")]
    public void An_address_that_no_interface_outside_has_is_looked_after_where_its_packets_come_in(string change)
    {
        using var lab = new RuleLab();
        using var ssh = new SshServer(lab);
        lab.Server.Tool("ip", null, "address", "add", "203.0.113.5/32", "dev", "lo");
        lab.Client.Tool("ip", null, "route", "add", "203.0.113.5/32", "via", RuleLab.ServerAddress);
        var refused = ssh.Run("$P " + change, address: "203.0.113.5").Expect(3);
        Assert.Contains("to 203.0.113.5 port 22/tcp) would be stopped by rule #1", refused.Error, StringComparison.Ordinal);
    }
}
