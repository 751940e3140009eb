using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Servers;

/// <summary><c>scripts/servers</c> on a copy: what it says where it can do nothing, and what it refuses.</summary>
public sealed class ServersScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ServersScriptTests()
    {
        foreach (var name in (string[])["scripts/servers", "tests/Portolan.EndToEnd.Tests/Servers/servers.txt"])
        {
            var copy = _folder[name.Split('/')];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Repository.PathOf(name.Split('/')), copy);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_network_it_says_why_there_are_no_servers_and_so_does_each_run()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        var installed = Programs.Run(Programs.Find("unshare", "/usr/bin/unshare"), ["--net", Script, "install", "third"]).Expect(77);
        var why = File.ReadAllText(_folder["artifacts", "servers", "why"]);
        Assert.Equal($"servers: {why}", installed.Error);
        Assert.Equal($"servers: {why}", Programs.Run(Script, ["run", "third", "/bin/true"]).Expect(77).Error);
    }

    [Fact]
    public void Before_they_are_installed_it_says_what_to_run()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root");
        var result = Programs.Run(Script, ["run", "bind9,rsync", "/bin/true"]).Expect(77);
        Assert.Equal("servers: there are no servers: run scripts/servers install third\n", result.Error);
    }

    [Theory]
    [InlineData("T:53,873,U:53", "bind9,rsync")]
    [InlineData("U:161", "snmpd")]
    public void Ports_are_words_of_a_scan(string expected, string servers) =>
        Assert.Equal(expected, Programs.Run(Script, ["ports", servers]).Expect(0).Output.Trim());

    [Theory]
    [InlineData("run", "nobody", "/bin/true")]
    [InlineData("install", "nobody", null)]
    [InlineData("start", null, null)]
    public void Other_words_are_answered_with_the_usage(string what, string? servers, string? command)
    {
        string?[] words = [what, servers, command];
        Assert.StartsWith(
            "usage: scripts/servers ", Programs.Run(Script, words.OfType<string>()).Expect(2).Error, StringComparison.Ordinal);
    }

    private string Script => _folder["scripts", "servers"];
}
