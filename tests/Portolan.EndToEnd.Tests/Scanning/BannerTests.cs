using System.Text.Json;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary><c>scan --banners</c> as people run it.</summary>
public sealed class BannerTests : IDisposable
{
    private readonly LabPair _pair = LabPair.Create();
    private readonly Talkers _talkers;

    public BannerTests() => _talkers = Talkers.Of(_pair.Target);

    public void Dispose()
    {
        _talkers.Dispose();
        _pair.Dispose();
    }

    [Fact]
    public void An_ordinary_user_reads_them_and_real_output_follows_its_schema()
    {
        var result = Run(PortolanProgram.AsNobody(["scan", "198.18.0.2", "-n", "--banners", "-p", "21,22,25,80,7004", "--json"])).Expect(0);
        var schema = JsonSchema.Load("portolan.scan/1");
        var banners = new List<string?>();
        foreach (var line in result.Output.TrimEnd('\n').Split('\n'))
        {
            using var document = JsonDocument.Parse(line);
            Assert.Empty(schema.Validate(document.RootElement));
            if (document.RootElement.GetProperty("event").GetString() == "port")
            {
                banners.Add(document.RootElement.GetProperty("banner").GetString());
            }
        }

        Assert.Equal(4, banners.Count);
        Assert.Contains("SSH-2.0-Talker", banners);
        Assert.Contains("220 mail.example.com ESMTP", banners);
        Assert.Contains(null, banners);
    }

    [Fact]
    public void What_xml_kept_is_printed_again()
    {
        var xml = Run([PortolanProgram.Path, "scan", "198.18.0.2", "-n", "-sT", "--banners", "-p", "22,7004", "-oX", "-"]).Expect(0).Output;
        Assert.Equal(2, XDocument.Parse(xml).Descendants("script").Count());
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["scan.xml"], xml);
        var text = PortolanProgram.Run("scan", "--from-xml", folder["scan.xml"]).Expect(0).Output;
        Assert.Contains("BANNER", text, StringComparison.Ordinal);
        Assert.Contains(@"220 \x1B]0;owned\x07\xE2\x80\xAE""<&>--", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupted_among_them_it_says_what_it_has()
    {
        using var program = Start("-sT", "--banners", "-p", "22,80");
        AwaitSilence();
        program.Signal("INT");
        var result = program.Finish().Expect(130);
        Assert.Contains("22/tcp  open   ssh", result.Output, StringComparison.Ordinal);
        Assert.Contains("SSH-2.0-Talker", result.Output, StringComparison.Ordinal);
        Assert.Contains("80/tcp  open   http", result.Output, StringComparison.Ordinal);
        Assert.Contains("Incomplete: interrupted", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-sT")]
    [InlineData("-sS")]
    public void Killed_among_them_it_is_resumed_and_finds_all(string type)
    {
        using var folder = new TemporaryFolder();
        using (var program = Start(type, "--banners", "-p", "1-100", "--journal", folder["journal"]))
        {
            AwaitSilence();
            program.Signal("KILL");
            program.Finish();
        }

        var result = Run([PortolanProgram.Path, "scan", "--resume", folder["journal"]]).Expect(0);
        Assert.Matches(@"22/tcp +open +ssh +handshake +SSH-2\.0-Talker", result.Output);
        Assert.Matches(@"25/tcp +open +smtp +handshake +220 mail\.", result.Output);
        Assert.Matches("80/tcp +open +http +handshake +-", result.Output);
        Assert.Contains("Not shown: 97 closed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_open_port_can_be_found_it_is_refused()
    {
        var result = Run([PortolanProgram.Path, "scan", "-sn", "--banners", "198.18.0.2"]).Expect(2);
        Assert.StartsWith(
            "portolan: --banners cannot be combined with -sn, which scans no ports\nhint: ", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Waits until the scan waits for the silent service alone: the same connection twice in a row, and no other.</summary>
    private void AwaitSilence()
    {
        string[] before = [];
        Bounded.Until(
            () =>
            {
                Thread.Sleep(200);
                var said = _pair.Scanner.Tool("ss", null, "-Htan", "state", "established");
                var now = said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                var isStill = now is [var one] && now.SequenceEqual(before) && one.EndsWith($":{Talkers.Silent}", StringComparison.Ordinal);
                before = now;
                return isStill;
            },
            "a connection waits for the silent service");
    }

    private RunningProgram Start(params string[] words) =>
        _pair.Scanner.Run(() => Programs.Start(PortolanProgram.Path, ["scan", "198.18.0.2", "-n", .. words]));

    private RunResult Run(string[] command) => _pair.Scanner.Run(() => Programs.Run(command[0], command[1..]));
}
