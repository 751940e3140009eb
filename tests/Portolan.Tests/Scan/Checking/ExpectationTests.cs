using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;

namespace Portolan.Tests.Scan.Checking;

public sealed class ExpectationTests
{
    private static readonly CheckTarget Target =
        new("https://192.0.2.1/", CheckScheme.Https, "192.0.2.1", new Portolan.Model.PortNumber(443));

    [Theory]
    [InlineData("open", true)]
    [InlineData("closed", false)]
    [InlineData("filtered", false)]
    [InlineData("reached", true)]
    [InlineData("status=200", true)]
    [InlineData("status=2xx", true)]
    [InlineData("status=404,200", true)]
    [InlineData("status=404", false)]
    [InlineData("status=5xx", false)]
    [InlineData("tls-days=14+", true)]
    [InlineData("tls-days=20", true)]
    [InlineData("tls-days=21+", false)]
    [InlineData("tls=1.3", true)]
    [InlineData("tls=1.2+", true)]
    [InlineData("tls=1.2", false)]
    [InlineData("tls-trusted", true)]
    [InlineData("within=100ms", true)]
    [InlineData("within=0.1s", true)]
    [InlineData("within=99ms", false)]
    public void Each_looks_at_its_own_fact(string text, bool met) => Assert.Equal(met, Parse(text).Judge(Report(StepResult.Ok)).Met);

    [Theory]
    [InlineData("open")]
    [InlineData("reached")]
    [InlineData("status=200")]
    [InlineData("tls-days=14+")]
    [InlineData("tls=1.3")]
    [InlineData("tls-trusted")]
    [InlineData("within=1s")]
    public void What_this_host_could_not_find_out_is_neither_met_nor_not(string text)
    {
        var step = new ConnectStep([new ConnectTry(default, default, default, ConnectionOutcome.NotSent, "not sent")])
        {
            Time = default,
            Result = StepResult.LocalFailure,
            Summary = "not sent: too many open files",
        };
        var (met, actual) = Parse(text).Judge(new CheckReport(Target, default, default, [new CheckHop(Target, [step])]));
        Assert.Null(met);
        Assert.Equal("not sent: too many open files", actual);
    }

    [Theory]
    [InlineData(BodyEnding.Broken, 5, false, "status 200, 5 of 100 bytes, then the body stopped")]
    [InlineData(BodyEnding.TimedOut, 5, false, "status 200, 5 of 100 bytes, but the rest did not arrive in time")]
    [InlineData(BodyEnding.Broken, 200, false, "status 200, 200 of 100 bytes: more than its Content-Length")]
    [InlineData(BodyEnding.TooLong, 100, true, "status 200")]
    [InlineData(BodyEnding.Complete, 100, true, "status 200")]
    public void A_status_is_not_met_by_a_body_that_is_cut_short(BodyEnding ending, int length, bool met, string actual)
    {
        var step = new HttpStep("https://a/", new HttpAnswer(200, "OK", "HTTP/1.1", default, length, ending) { ContentLength = 100 })
        {
            Time = default,
            Result = StepResult.Ok,
            Summary = "200",
        };

        Assert.Equal((met, actual), Parse("status=200").Judge(new CheckReport(Target, default, default, [new CheckHop(Target, [step])])));
    }

    [Theory]
    [InlineData(GreetingEnding.Silent, true, "40 ms")]
    [InlineData(GreetingEnding.Complete, false, "1040 ms")]
    public void The_wait_for_a_greeting_that_never_comes_is_no_time_of_the_server(GreetingEnding ending, bool met, string actual)
    {
        var step = new GreetingStep(default, ending)
        {
            Time = new(TimeSpan.FromMilliseconds(40), TimeSpan.FromSeconds(1)),
            Result = StepResult.Ok,
            Summary = "none",
        };

        Assert.Equal(
            (met, actual),
            Parse("within=500ms").Judge(new CheckReport(Target, default, TimeSpan.FromMilliseconds(1040), [new CheckHop(Target, [step])])));
    }

    [Theory]
    [InlineData("refused", "unknown expectation; did you mean closed?")]
    [InlineData("opne", "unknown expectation; did you mean open?")]
    [InlineData("timeout", "unknown expectation; did you mean filtered?")]
    [InlineData("stauts=200", "unknown expectation; did you mean status?")]
    [InlineData("nonsense", "unknown expectation")]
    [InlineData("open=1", "open takes no value")]
    [InlineData("status", "status takes HTTP status codes")]
    [InlineData("status=99", "status takes HTTP status codes")]
    [InlineData("status=600", "status takes HTTP status codes")]
    [InlineData("tls-days=soon", "tls-days takes a number of days")]
    [InlineData("tls-days=-1", "tls-days takes a number of days")]
    [InlineData("tls=1.4", "tls takes a version of TLS")]
    [InlineData("within=fast", "within takes a time")]
    [InlineData("greeting=", "greeting takes a text")]
    public void A_wrong_one_is_refused_with_the_nearest_word(string text, string reason)
    {
        Assert.False(ExpectationParser.TryParse(text, out _, out var problem));
        Assert.Equal(reason, problem.Reason);
        Assert.NotEmpty(problem.Remedy.ToString());
    }

    [Fact]
    public void Known_to_be_wrong_outweighs_what_could_not_be_found_out()
    {
        var report = Report(StepResult.Ok);
        ExpectationResult[] unknown = [new(Parse("open"), Met: null, "")];
        ExpectationResult[] wrong = [new(Parse("open"), Met: null, ""), new(Parse("closed"), Met: false, "")];
        Assert.Null(new CheckVerdict(report, unknown).Passed);
        Assert.False(new CheckVerdict(report, wrong).Passed);
    }

    [Theory]
    [InlineData(new byte[] { 21, 3, 3, 0, 2, 2, 40 }, "handshake_failure")]
    [InlineData(new byte[] { 21, 3, 1, 0, 2, 2, 112 }, "unrecognized_name")]
    [InlineData(new byte[] { 21, 3, 1, 0, 2, 2, 200 }, "number 200")]
    [InlineData(new byte[] { 21, 3, 1, 0, 2, 2 }, "")]
    [InlineData(new byte[] { 22, 3, 1, 0, 2, 2, 40 }, "")]
    public void An_alert_is_read_by_its_name(byte[] bytes, string name)
    {
        Assert.Equal(name.Length > 0, TlsAlerts.TryRead(bytes, out var found));
        Assert.Equal(name, found);
    }

    private static Expectation Parse(string text) =>
        ExpectationParser.TryParse(text, out var expectation, out var problem) ? expectation : throw new FormatException(problem.Reason);

    private static CheckReport Report(StepResult result)
    {
        var certificate = new CertificateFacts("CN=a", "CN=b", ["a"], default, default, "01", "00", "RSA 2048", "sha256RSA", WasSent: true);
        CheckStep[] steps =
        [
            new ConnectStep([new ConnectTry(default, default, default, ConnectionOutcome.Connected, "open")])
            {
                Time = default,
                Result = result,
                Summary = "open",
            },
            new TlsStep("a", new TlsSession("TLS 1.3", "TLS_AES_128_GCM_SHA256", "h2"), [certificate], [])
            {
                Time = default,
                Result = result,
                Summary = "trusted",
                DaysLeft = 20,
            },
            new HttpStep("https://a/", new HttpAnswer(200, "OK", "HTTP/2", default, 5, BodyEnding.Complete))
            {
                Time = default,
                Result = result,
                Summary = "200",
            },
        ];
        return new CheckReport(Target, default, TimeSpan.FromMilliseconds(100), [new CheckHop(Target, steps)]);
    }
}
