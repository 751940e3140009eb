using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>portolan port</c> as people run it: lookups, and a registry of one's own under <c>XDG_DATA_HOME</c>.</summary>
public sealed class PortTests : IDisposable
{
    private const string Csv =
        """
        Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes
        ssh,22,tcp,The Secure Shell (SSH) Protocol,,,,,[RFC4251],,,
        harbour,4242,tcp,"Harbour master, of this test",,,,2031-02-03,,,,

        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("443", "443/tcp, 443/udp https\n")]
    [InlineData("https", "443/tcp, 443/udp https\n")]
    [InlineData("443/sctp", "443/sctp https\n")]
    public void A_port_is_found_by_number_and_by_name(string word, string start)
    {
        var result = PortolanProgram.RunWith(Home, "port", word, "-v").Expect(0);
        Assert.Contains($"\n\n{start}", result.Output, StringComparison.Ordinal);
        Assert.Contains("category     System, 0-1023", result.Output, StringComparison.Ordinal);
        Assert.Contains("the ephemeral range ", result.Output, StringComparison.Ordinal);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void A_search_finds_names_and_descriptions()
    {
        var result = PortolanProgram.RunWith(Home, "port", "--search", "mail").Expect(0);
        Assert.Contains(" smtp ", result.Output, StringComparison.Ordinal);
        Assert.Contains(" mailq ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_knows_exits_1_and_what_is_wrong_exits_2()
    {
        Assert.StartsWith(
            "portolan: no service is called 'htps'\nhint: did you mean https?\n",
            PortolanProgram.RunWith(Home, "port", "htps").Expect(1).Error, StringComparison.Ordinal);
        Assert.StartsWith(
            "portolan: 70000 is not a port", PortolanProgram.RunWith(Home, "port", "70000").Expect(2).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_update_names_services_everywhere_and_a_malformed_one_changes_nothing(bool asNobody)
    {
        Assert.SkipUnless(!asNobody || PortolanProgram.IsRoot, "only root can become another user");
        AnyoneMayUse(_folder.Path);
        var good = Write("good.csv", Csv);
        var bad = Write("bad.csv", Csv.Replace(",4242,", ",4242x,", StringComparison.Ordinal));
        var kept = _folder["data", "portolan", "registry.bin"];

        var update = Run(asNobody, "port", "--update", good).Expect(0);
        Assert.Equal($"2 entries (a port or range with a protocol), as of 2031-02-03\nkept for this user in {kept}\n", update.Output);
        Assert.Contains(
            "\n\n4242/tcp harbour\n  description  Harbour master, of this test\n", Run(asNobody, "port", "harbour").Expect(0).Output,
            StringComparison.Ordinal);

        var before = File.ReadAllBytes(kept);
        var refused = Run(asNobody, "port", "--update", bad).Expect(3);
        Assert.StartsWith($"portolan: {bad}, line 3, column 9: ", refused.Error, StringComparison.Ordinal);
        Assert.Equal("", refused.Output);
        Assert.Equal(before, File.ReadAllBytes(kept));

        var who = Run(asNobody, "who", "harbour", "--json");
        Assert.Equal(4242, JsonSchema.AssertValid(who.Output).GetProperty("port").GetInt32());

        File.WriteAllText(kept, "damaged");
        var ignored = Run(asNobody, "port", "https", "--json").Expect(0);
        Assert.True(JsonSchema.AssertValid(ignored.Output).GetProperty("registry").GetProperty("builtIn").GetBoolean());
        Assert.StartsWith($"portolan: {kept} is ignored and the built-in registry used: ", ignored.Error, StringComparison.Ordinal);

        Run(asNobody, "port", "--forget").Expect(0);
        Assert.False(File.Exists(kept));
    }

    [Fact]
    public void A_registry_that_cannot_be_kept_for_want_of_privilege_exits_4()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can become another user");
        var good = Write("good.csv", Csv);
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        var result = Run(asNobody: true, "port", "--update", good).Expect(4);
        Assert.Contains("hint: nothing was changed\n", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    private Dictionary<string, string?> Home => new(StringComparer.Ordinal) { ["XDG_DATA_HOME"] = _folder["data"] };

    private RunResult Run(bool asNobody, params string[] args) =>
        asNobody ? RunAsNobody(args) : PortolanProgram.RunWith(Home, args);

    // The variables of the test reach the other user only through setpriv's own environment.
    private RunResult RunAsNobody(string[] args)
    {
        var copy = _folder["portolan"];
        if (!File.Exists(copy))
        {
            File.Copy(PortolanProgram.Path, copy);
        }

        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        return Programs.Run(setpriv, ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", copy, .. args], environment: Home);
    }

    private string Write(string name, string text)
    {
        var path = _folder[name];
        File.WriteAllText(path, text);
        return path;
    }

    private static void AnyoneMayUse(string folder) => File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
}
