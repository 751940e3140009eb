using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>
/// The same segments and calls to the kernel's TCP and to the stack's, with what each answers. Differences that are meant are named in
/// <see cref="KnownDifferences"/> and told in docs/kernel-differences.md; any other is a mistake of the stack's.
/// </summary>
public sealed class PacketScriptTests
{
    /// <summary>PORTOLAN_LONG=1: a hundred times as many random scripts. PORTOLAN_SCRIPT_SEED=N: from another seed on.</summary>
    private static int RandomScripts => TunLab.IsLong ? 100_000 : 1000;

    public static TheoryData<string> States => [.. StateScripts.States.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void Every_segment_in_a_state_is_answered_as_the_kernel_does(string state)
    {
        using var kernel = KernelScriptHost.Create();
        using var stack = new StackScriptHost(StackScriptHost.Answering);
        var comparison = new ScriptComparison(kernel, stack);

        // Half of them in the quick run: each segment with or without the options of a modern peer.
        var scripts = StateScripts.Probes.SelectMany((probe, at) =>
            ((bool[])[false, true]).Where(isFull => TunLab.IsLong || isFull == (at % 2 == 0)).Select(
                isFull => StateScripts.Of(state, probe, isFull)));
        var differences = scripts.Select(comparison.Find).OfType<ScriptDifference>().Take(5).ToArray();
        Assert.True(differences.Length == 0, string.Join("\n\n", differences.AsEnumerable()));
    }

    [Fact]
    public void Random_scripts_are_answered_as_the_kernel_does()
    {
        using var kernel = KernelScriptHost.Create();
        using var stack = new StackScriptHost(StackScriptHost.Answering);
        var comparison = new ScriptComparison(kernel, stack);
        var first = int.TryParse(Environment.GetEnvironmentVariable("PORTOLAN_SCRIPT_SEED"), out var seed) ? seed : 1;
        for (var i = first; i < first + RandomScripts; i++)
        {
            if (comparison.Find(RandomScript.Make(i)) is { } difference)
            {
                Assert.Fail($"seed {i}\n{comparison.Shrink(difference)}");
            }
        }
    }

    [Fact]
    public void Random_scripts_that_begin_with_Fast_Open_are_answered_as_the_kernel_does()
    {
        using var kernel = KernelScriptHost.Create();
        using var stack = new StackScriptHost(StackScriptHost.Answering);
        var comparison = new ScriptComparison(kernel, stack);
        var first = int.TryParse(Environment.GetEnvironmentVariable("PORTOLAN_SCRIPT_SEED"), out var seed) ? seed : 1;
        for (var i = first; i < first + (RandomScripts / 2); i++)
        {
            if (comparison.Find(RandomScript.MakeFast(i)) is { } difference)
            {
                Assert.Fail($"seed {i}\n{comparison.Shrink(difference)}");
            }
        }
    }

    [Theory]
    [InlineData("an ACK of the unsent")]
    [InlineData("a closed port's silence")]
    [InlineData("no Fast Open")]
    public void A_difference_is_found_where_there_is_one(string which)
    {
        using var kernel = KernelScriptHost.Create();
        using var stack = new StackScriptHost(which switch
        {
            "an ACK of the unsent" => StackScriptHost.Answering with { AnswersUnsentAcknowledgment = false },
            "no Fast Open" => StackScriptHost.Answering with { UsesFastOpen = false },
            _ => StackScriptHost.Answering with { ResetsClosedPorts = false },
        });
        var comparison = new ScriptComparison(kernel, stack);
        string[] script = which switch
        {
            "an ACK of the unsent" => ["listen", "< S seq=0 mss=1460", "< . seq=1 ack=1", "accept", "read", "< . seq=n ack=m+1"],
            "no Fast Open" => ["listen fast", "read", "< S seq=0 mss=1460 fo=ask"],
            _ => ["< . seq=5 ack=7", "< S seq=0 mss=1460"],
        };
        var difference = comparison.Find(script);
        Assert.NotNull(difference);
        Assert.True(comparison.Shrink(difference).Script.Count < script.Length);
    }

    [Fact]
    public void Answers_are_limited_as_the_kernel_limits_them()
    {
        // RFC 5961 section 7, with the usual settings: one answer in 500 ms to segments without text, one to each with text.
        using var kernel = KernelScriptHost.Create(limitsAnswers: true);
        using var stack = new StackScriptHost(Portolan.Transport.Tcp.TcpProfile.Linux);
        var comparison = new ScriptComparison(kernel, stack);
        string[] script =
        [
            "listen", "< S seq=0 mss=1460", "< . seq=1 ack=1", "accept", "< . seq=n+100000 ack=m", "< . seq=n+100000 ack=m", "< S seq=n",
            "< R seq=n+1",
            "< P. seq=n+100000 ack=m len=10", "< . seq=n ack=m+1", "wait 600", "< S seq=n", "< R seq=n+1", "< . seq=n+100000 ack=m",
        ];
        Assert.Null(comparison.Find(script)?.ToString());
    }

    [Fact]
    public void Text_and_FIN_are_acknowledged_within_the_delay_by_both()
    {
        using var kernel = KernelScriptHost.Create();
        using var stack = new StackScriptHost(StackScriptHost.Answering);
        string[] script =
        [
            "listen", "< S seq=0 mss=1460", "< . seq=1 ack=1", "accept", "< P. seq=n ack=m len=100", "read", "write 100",
            "< P. seq=n ack=m len=100", "wait 100",
            "< P. seq=201 ack=101 len=10", "< F. seq=211 ack=101", "wait 100",
        ];
        var expected = new ScriptPlayer(kernel, 19_000, 4000).Play(script);
        var actual = new ScriptPlayer(stack, 19_000, 4000).Play(script, expected.Numbers);
        string[] acknowledged = [.. ((ScriptRun[])[expected, actual]).Select(
            static run =>
                string.Join(
                    ' ',
                    run.Steps.SelectMany(static s => s.Segments).Where(static s => s.AcknowledgesNews).Select(static s => s.Text).TakeLast(
                        1)))];
        Assert.Equal(acknowledged[0], acknowledged[1]);
        Assert.Contains("ack 212", acknowledged[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_known_difference_is_told_in_the_documentation()
    {
        var text = File.ReadAllText(Repository.PathOf("docs", "kernel-differences.md"));
        Assert.All(KnownDifferences.All, known => Assert.Contains($"| {known.Name} |", text, StringComparison.Ordinal));
    }
}
