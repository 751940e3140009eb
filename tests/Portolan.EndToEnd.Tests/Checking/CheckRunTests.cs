using System.Text;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>Exit codes, JUnit and watching.</summary>
public sealed class CheckRunTests
{
    [Theory]
    [InlineData(0, "open", 22)]
    [InlineData(1, "closed", 22)]
    [InlineData(1, "filtered", 22)]
    [InlineData(1, "open", 9)]
    [InlineData(0, "closed", 9)]
    [InlineData(1, "open", 1)]
    [InlineData(1, "closed", 1)]
    [InlineData(0, "filtered", 1)]
    [InlineData(0, "reached", 22)]
    [InlineData(1, "reached", 9)]
    [InlineData(0, "greeting=SSH-2", 22)]
    [InlineData(1, "greeting=FTP", 22)]
    [InlineData(0, "within=10s", 22)]
    [InlineData(1, "within=10s", 9)]
    public void An_expectation_that_is_met_exits_0_and_one_that_is_not_1(int exitCode, string expectation, int port)
    {
        using var lab = new CheckLab();
        lab.Serve(22, async stream => await stream.WriteAsync("SSH-2.0-Test\r\n"u8.ToArray()));
        lab.Server.Nft("table inet t {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 1 drop\n }\n}\n");

        var result = lab.Check($"198.18.0.2:{port}", "--timeout", port == 1 ? "0.3" : "5", "--expect", expectation).Expect(exitCode);

        Assert.Contains($"  expected {expectation}: {(exitCode == 0 ? "met" : "not met")}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void JUnit_is_well_formed_whatever_a_server_says()
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync("<]]>&\"\u0001\u001b[31m\ufffe"u8.ToArray());
        });
        var file = lab.Folder["junit.xml"];

        lab.Check("http://198.18.0.2/<&\">", "198.18.0.2:9", "203.0.113.1:1", "--junit", file).Expect(3);

        var suite = XDocument.Load(file).Root!.Element("testsuite")!;
        Assert.Equal(
            ("3", "2", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("errors")!.Value));
        Assert.Equal(
            ["http://198.18.0.2/<&\">", "198.18.0.2:9", "203.0.113.1:1"],
            suite.Elements("testcase").Select(c => c.Attribute("classname")!.Value));
        Assert.Equal(3, suite.Descendants("system-out").Count());
        Assert.Contains(
            "refused", suite.Elements("testcase").ElementAt(1).Element("failure")!.Attribute("message")!.Value, StringComparison.Ordinal);
        Programs.Run(Programs.Find("xmllint", "/usr/bin/xmllint"), ["--noout", file]).Expect(0);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_an_error()
    {
        using var lab = new CheckLab();
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));

        Assert.Contains(
            "cannot write /nonexistent/junit.xml", lab.Check("198.18.0.2:22", "--junit", "/nonexistent/junit.xml").Expect(3).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Watching_prints_the_first_round_and_then_only_what_changed_until_it_is_interrupted()
    {
        using var lab = new CheckLab();
        var listener = lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        var watch = lab.Start("198.18.0.2:22", "198.18.0.2:9", "--watch", "0.1", "--json");

        Assert.Equal("open", NextState());
        Assert.Equal("closed", NextState());
        listener.Close();
        Assert.Equal("closed", NextState());
        lab.Serve(22, async stream => await stream.WriteAsync("hello\n"u8.ToArray()));
        Assert.Equal("open", NextState());
        Tool.Lines("kill", "-INT", watch.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.True(watch.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(130, watch.ExitCode);
        Assert.Equal("", watch.RestOfOutput());

        string NextState()
        {
            var line = watch.NextLine();
            return JsonSchema.AssertValid(line!).GetProperty("checks")[0].Text("state")!;
        }
    }

    [Fact]
    public void An_interrupted_check_ends_at_once()
    {
        using var lab = new CheckLab();
        using var isAsked = new ManualResetEventSlim();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            isAsked.Set();
            await Task.Delay(Timeout.Infinite);
        });
        var check = lab.Start("http://198.18.0.2/", "--timeout", "600");
        Assert.True(isAsked.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), "the server was never asked");
        Tool.Lines("kill", "-INT", check.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.True(check.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(130, check.ExitCode);
    }

    [Fact]
    public void An_ordinary_user_checks_as_well_as_root()
    {
        var result = PortolanProgram.RunAsNobody("check", "127.0.0.1:1", "--json");

        Assert.Equal("closed", JsonSchema.AssertValid(result.Expect(1).Output).GetProperty("checks")[0].Text("state"));
    }

    [Fact]
    public void Proxies_of_the_environment_are_not_used()
    {
        using var lab = new CheckLab();
        lab.Environment["http_proxy"] = "http://198.18.0.2:9";
        lab.Environment["HTTP_PROXY"] = "http://198.18.0.2:9";
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 204 No Content\r\n\r\n"));
        });

        Assert.Equal(204, lab.CheckJson(0, "http://198.18.0.2/").Step("http").GetProperty("response").GetProperty("status").GetInt32());
    }
}
