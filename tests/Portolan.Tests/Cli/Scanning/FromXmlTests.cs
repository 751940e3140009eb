using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Scanning;

/// <summary><c>scan --from-xml</c>: every form is made of a file, and nothing is sent.</summary>
public sealed class FromXmlTests
{
    private static readonly string Reviewed = Repository.PathOf("tests", "Portolan.Tests", "Scan", "Formats", "Golden", "scan.xml");

    [Fact]
    public void A_file_is_shown_as_a_table()
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "--from-xml", Reviewed));
        Assert.StartsWith("Results of portolan 1.2.3, 2026-11-06T11:13:03.000Z\n", console.Output, StringComparison.Ordinal);
        Assert.Contains("22/tcp", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("probes", console.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-oX", "scan.xml")]
    [InlineData("-oG", "scan.gnmap")]
    [InlineData("-oN", "scan.nmap")]
    public void A_file_becomes_any_format_of_nmap(string option, string golden)
    {
        var console = Console();
        Assert.Equal(0, console.Run("scan", "--from-xml", Reviewed, option, "-", "-v", "--reason"));
        var reviewed = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Reviewed)!, golden));
        Assert.Equal(Hosts(reviewed), Hosts(console.Output));
    }

    [Fact]
    public void Stdin_becomes_json()
    {
        var console = Console(File.ReadAllText(Reviewed));
        Assert.Equal(0, console.Run("scan", "--from-xml", "-", "--json"));
        var lines = console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonSchema.AssertValid(lines[0]);
        Assert.Contains("\"replayOf\":\"portolan 1.2.3\"", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"event\":\"end\"", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_cut_is_shown_and_said_to_be_cut()
    {
        var console = Console(File.ReadAllText(Reviewed)[..3000]);
        Assert.Equal(3, console.Run("scan", "--from-xml", "-"));
        Assert.Contains("22/tcp", console.Output, StringComparison.Ordinal);
        Assert.StartsWith("portolan: incomplete: standard input line ", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--banners")]
    [InlineData("--own-stack")]
    public void What_connects_does_not_go_with_a_file(string option)
    {
        var console = Console();
        Assert.Equal(2, console.Run("scan", "--from-xml", Reviewed, option));
        Assert.StartsWith(
            $"portolan: {option} cannot be combined with --from-xml, which connects to nothing\nhint: leave out {option}", console.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_such_file_is_said_with_the_remedy()
    {
        Refused(2, "--from-xml /nowhere/x.xml: folder /nowhere does not exist", "", "/nowhere/x.xml");
        Refused(2, "--from-xml /: it is a folder", "", "/");
        Refused(3, "standard input: line 1, column 1: text outside the root element", "hello", "-");
        Refused(3, "standard input: line 1, column 1: the root element is 'html', not nmap's 'nmaprun'", "<html/>", "-");

        static void Refused(int exitCode, string message, string input, string path)
        {
            var console = Console(input);
            Assert.Equal(exitCode, console.Run("scan", "--from-xml", path));
            Assert.StartsWith($"portolan: {message}\nhint: ", console.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Targets_are_refused_beside_it() => Assert.Equal(2, Console().Run("scan", "--from-xml", Reviewed, "192.0.2.1"));

    private static TestConsole Console(string input = "") => new() { Input = input, ScanMachine = new FakeScanMachine() };

    // The lines that are about hosts.
    private static string Hosts(string text) => string.Join('\n', text.Split('\n').Where(l =>
        !l.StartsWith('#') && !l.StartsWith("Warning: frames", StringComparison.Ordinal)
            && !l.StartsWith("<!-- Portolan", StringComparison.Ordinal)
        && !l.StartsWith("<?xml-stylesheet", StringComparison.Ordinal) && !l.StartsWith("<nmaprun", StringComparison.Ordinal)));
}
