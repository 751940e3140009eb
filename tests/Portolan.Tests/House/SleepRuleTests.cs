using System.Text.RegularExpressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.House;

/// <summary>
/// A test waits for what happens (<c>Bounded.Until</c>), never for a time to pass: on a busy machine no time is long enough. Each sleep by
/// the real clock stands here with its reason; removing one lowers the number. Sleeps by a simulation's clock are free.
/// </summary>
public sealed partial class SleepRuleTests
{
    private const string Looks = "pauses between two looks at a condition";

    private static readonly Dictionary<string, (int Count, string Why)> Sleeps = new(StringComparer.Ordinal)
    {
        ["tests/Portolan.EndToEnd.Tests/Changing/ConfirmTests.cs"] = (1, "start times are kept in whole seconds: two must differ"),
        ["tests/Portolan.EndToEnd.Tests/Checking/CheckConnectTests.cs"] = (1, "a server that trickles"),
        ["tests/Portolan.EndToEnd.Tests/Checking/CheckLab.cs"] = (1, Looks),
        ["tests/Portolan.EndToEnd.Tests/Checking/CheckServiceTests.cs"] = (1, "a server whose greeting comes in parts"),
        ["tests/Portolan.EndToEnd.Tests/Forwarding/ForwardTests.cs"] = (1, "time for a warning that must not matter"),
        ["tests/Portolan.EndToEnd.Tests/Lab/LabEscapeTests.cs"] = (1, "time for a packet that must not come"),
        ["tests/Portolan.EndToEnd.Tests/Lab/LabRunTests.cs"] = (1, "kills at moments that differ"),
        ["tests/Portolan.EndToEnd.Tests/Lab/LabStoppedTests.cs"] = (1, "kills at moments that differ"),
        ["tests/Portolan.EndToEnd.Tests/Lab/OuterWorld.cs"] = (1, "until a network has been quiet for a time"),
        ["tests/Portolan.EndToEnd.Tests/Scanning/BannerTests.cs"] = (1, Looks),
        ["tests/Portolan.EndToEnd.Tests/Scanning/ScanTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Binding/BindMatrixTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Binding/BindSharingTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Firewall/Changing/RollbackTests.cs"] = (3, Looks + "; another program changes rules now and then"),
        ["tests/Portolan.Kernel.Tests/Firewall/Forwarding/KernelForwardProgramTests.cs"] = (3, "kills at moments that differ"),
        ["tests/Portolan.Kernel.Tests/Fleet/FleetLab.cs"] = (3, Looks + "; the end of what was stopped is waited for, and no longer"),
        ["tests/Portolan.Kernel.Tests/Forwarding/RelayDatagramTests.cs"] = (1, "times of flows must differ"),
        ["tests/Portolan.Kernel.Tests/Forwarding/RelayExchangeTests.cs"] = (1, "a server that answers late"),
        ["tests/Portolan.Kernel.Tests/Forwarding/RelayProxyTests.cs"] = (1, "a client that sends byte by byte"),
        ["tests/Portolan.Kernel.Tests/Forwarding/RelayStreamTests.cs"] = (2, Looks + "; a server that answers late"),
        ["tests/Portolan.Kernel.Tests/Forwarding/RelayTargetTests.cs"] = (1, "time for a connection that must not be served"),
        ["tests/Portolan.Kernel.Tests/Links/LinkTroubleTests.cs"] = (1, "a frame waits in the kernel, and its time stamp must not"),
        ["tests/Portolan.Kernel.Tests/OwnStack/OwnStackLab.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/OwnStack/PortGuardTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Payloads/UdpPayloadsKernelTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Scan/Names/DnsKernelTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Scanning/BannerScanTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Stopping/ClaimedNameTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Support/SystemdMachine.cs"] = (3, Looks),
        ["tests/Portolan.Kernel.Tests/Support/Talkers.cs"] = (4, "servers that are late, slow or endless"),
        ["tests/Portolan.Kernel.Tests/Transport/Kestrel/KestrelDifferentialTests.cs"] = (1, "a client that sends in pieces"),
        ["tests/Portolan.Kernel.Tests/Transport/PortSequence.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Transport/Scripts/KernelScriptHost.cs"] = (2, Looks + "; the kernel's clock is the only one it has"),
        ["tests/Portolan.Kernel.Tests/Transport/Sockets/DatagramSituations.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Transport/TunStackTests.cs"] = (1, Looks),
        ["tests/Portolan.Kernel.Tests/Transport/TunToolsTests.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Lab/Running/ListingServerTests.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Lab/Running/OutsideTests.cs"] = (2, Looks + "; ends at moments that differ"),
        ["tests/Portolan.Tests/Lab/Services/DnsServiceTests.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Lab/Services/OtherServiceTests.cs"] = (1, "a key that lives for a millisecond"),
        ["tests/Portolan.Tests/Lab/Services/ServiceWorld.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Lab/TestLabTests.cs"] = (3, "real waits that a simulation must refuse"),
        ["tests/Portolan.Tests/Transport/Stack/FastOpenStackTests.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Transport/Stack/LoanTests.cs"] = (4, Looks + "; time for a write or an end that must not come"),
        ["tests/Portolan.Tests/Transport/Stack/Loans/LoanFuzzer.cs"] = (2, Looks + "; ends at moments that differ"),
        ["tests/Portolan.Tests/Transport/Stack/Loans/LoanTalk.cs"] = (2, "pauses of a fuzz"),
        ["tests/Portolan.Tests/Transport/Stack/NameResolverTests.cs"] = (1, "a slow resolver"),
        ["tests/Portolan.Tests/Transport/Stack/SimProgramTests.cs"] = (2, "work on the thread pool that takes its time"),
        ["tests/Portolan.Tests/Transport/Stack/SimSchedulerTests.cs"] = (3, "real waits that a simulation must refuse"),
        ["tests/Portolan.Tests/Transport/Stack/StackEndingTests.cs"] = (4, Looks + "; ends at moments that differ"),
        ["tests/Portolan.Tests/Transport/Stack/StackTests.cs"] = (3, Looks + "; time for a thread to block"),
        ["tests/Portolan.Tests/Transport/Stack/WebTrafficTests.cs"] = (1, Looks),
        ["tests/Portolan.Tests/Web/Feed/TrafficFeedTests.cs"] = (1, Looks),
        ["tests/Shared/Fleet/ServerProcess.cs"] = (1, Looks),
    };

    /// <summary>Of shells that a test starts; those that look again, and those that run until they are killed, need no reason.</summary>
    private static readonly Dictionary<string, (int Count, string Why)> ShellSleeps = new(StringComparer.Ordinal)
    {
        ["tests/Portolan.EndToEnd.Tests/Changing/LastingLockOutTests.cs"] = (1, "a change ends by itself after six seconds"),
        ["tests/Portolan.EndToEnd.Tests/CompletionTests.cs"] = (1, Looks),
        ["tests/Portolan.EndToEnd.Tests/StopCommandRunTests.cs"] = (2, "servers that live until they are ended; a pause between two"),
        ["tests/Portolan.EndToEnd.Tests/Documents/Situations/scan.md.sh"] = (2, "a scan is interrupted in its middle"),
        ["tests/Portolan.EndToEnd.Tests/Lab/LabRunTests.cs"] = (1, "a program that is left behind has begun"),
        ["tests/Portolan.EndToEnd.Tests/Lab/LabStoppedTests.cs"] = (1, "kills at moments that differ"),
        ["tests/Portolan.Kernel.Tests/Containers/ContainerUnitTests.cs"] = (1, "time for a unit that must not come back"),
    };

    [Fact]
    public void Each_sleep_by_the_real_clock_has_a_reason() => AssertListed(".cs", RealSleep(), Sleeps);

    [Fact]
    public void Each_sleep_of_a_shell_has_a_reason() => AssertListed("", ShellSleep(), ShellSleeps);

    [Theory]
    [InlineData("Thread.Sleep(100);", 1)]
    [InlineData("await Task.Delay(20, cancellation);", 1)]
    [InlineData("await Task.Delay(Timeout.Infinite, cancellation);", 0)]
    [InlineData("await Task.Delay(TimeSpan.FromHours(1), world.Clock);", 0)]
    [InlineData("await Task.Delay(pause, time, giveUp);", 0)]
    public void A_sleep_is_known(string line, int count) => Assert.Equal(count, RealSleep().Count(line));

    [Theory]
    [InlineData("\"sleep 2; cat log\"", 1)]
    [InlineData("sleep $moment; kill $!", 1)]
    [InlineData("sleep 1\nkill", 1)]
    [InlineData("until test -s log; do sleep 0.1; done", 0)]
    [InlineData("until test -s log; do\n    sleep 0.05\ndone", 0)]
    [InlineData("exec sleep 600", 0)]
    public void A_sleep_of_a_shell_is_known(string line, int count) => Assert.Equal(count, ShellSleep().Count(line));

    private static void AssertListed(string ending, Regex sleep, Dictionary<string, (int Count, string Why)> listed)
    {
        var found = Repository.Files()
            .Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(ending, StringComparison.Ordinal))
            .Where(static file => Path.GetFileName(file) != "SleepRuleTests.cs")
            .Select(file => (File: file, Count: sleep.Count(File.ReadAllText(Repository.PathOf(file)))))
            .Where(static found => found.Count > 0)
            .ToDictionary(static found => found.File, static found => found.Count, StringComparer.Ordinal);
        foreach (var (file, count) in found)
        {
            var most = listed.GetValueOrDefault(file).Count;
            Assert.True(
                count <= most,
                $"{file} sleeps {count} times, {most} times with a reason: wait for what happens (Bounded.Until), or give the reason here");
        }

        foreach (var (file, (count, _)) in listed)
        {
            var now = found.GetValueOrDefault(file);
            Assert.True(now == count, $"{file} sleeps {now} times: lower its number here, which is {count}");
        }
    }

    // A call with a clock of its own, or without an end, is none.
    [GeneratedRegex(@"(?:Task\.Delay|Thread\.Sleep)\((?![^;\n]*(?:Infinite|[.\s](?:Time|Clock|time|clock)\s*[,)]))")]
    private static partial Regex RealSleep();

    // What stands in a loop looks again; 30 seconds and more run until they are killed.
    [GeneratedRegex(@"(?<![\w-])sleep (?!(?:[3-9][0-9]|[0-9]{3,})\b)(?>[0-9.]+|\$moment)(?!\s*(?:;\s*(?:i=[^;]*;\s*)?)?done)")]
    private static partial Regex ShellSleep();
}
