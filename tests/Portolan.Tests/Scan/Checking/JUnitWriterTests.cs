using System.Globalization;
using System.Xml.Linq;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;

namespace Portolan.Tests.Scan.Checking;

/// <summary>JUnit's XML, as build servers add it up.</summary>
public sealed class JUnitWriterTests
{
    [Theory]
    [InlineData(0, true, true, true)]
    [InlineData(1, true, false, false)]
    [InlineData(2, true, true, false)]
    public void The_steps_and_the_time_of_a_target_stand_once_where_it_failed(int main, params bool[] met)
    {
        var target = new CheckTarget("192.0.2.1:22", CheckScheme.Tcp, "192.0.2.1", new(22));
        var step = new ConnectStep([new ConnectTry(default, default, default, ConnectionOutcome.Connected, "open")])
        {
            Time = default,
            Result = StepResult.Ok,
            Summary = "port 22 is open",
        };
        var report = new CheckReport(target, default, TimeSpan.FromSeconds(2), [new CheckHop(target, [step])]);
        var verdict = new CheckVerdict(
            report, [.. met.Select((m, i) => new ExpectationResult(new ReachedExpectation($"expectation {i}"), m, "actual"))]);
        var writer = new Portolan.Utf8Writer();

        JUnitWriter.Write(writer, [verdict], default, "host");

        var text = writer.ToString();
        var suite = XDocument.Parse(text).Root!.Element("testsuite")!;
        var cases = suite.Elements("testcase").ToList();
        Assert.Equal(met.Length, cases.Count);
        Assert.Single(suite.Descendants("system-out"));
        Assert.NotNull(cases[main].Element("system-out"));
        Assert.Equal(1, text.Split("port 22 is open").Length - 1);
        Assert.Equal(
            suite.Attribute("time")!.Value,
            cases.Sum(c => double.Parse(c.Attribute("time")!.Value, CultureInfo.InvariantCulture)).ToString(
                "0.000", CultureInfo.InvariantCulture));
    }
}
