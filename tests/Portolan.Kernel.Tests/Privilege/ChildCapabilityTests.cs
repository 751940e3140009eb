using System.Runtime.InteropServices;
using Portolan.Linux;
using Portolan.Linux.Namespaces;

namespace Portolan.Kernel.Tests.Privilege;

/// <summary>
/// Programs that Portolan starts get none of its capabilities, even where it was started so that children would inherit them (ambient).
/// </summary>
public sealed partial class ChildCapabilityTests
{
    private const int NetRaw = 13;

    [Fact]
    public void A_program_that_is_run_by_path_has_none()
    {
        var status = OnUnprivilegedThread(
            static () => ProgramRunner.Run("/bin/cat", ["/proc/self/status"], TimeSpan.FromMinutes(1), CancellationToken.None).Output);
        AssertNone(status);
    }

    [Fact]
    public void A_program_that_is_made_by_clone_has_none()
    {
        var status = OnUnprivilegedThread(static () =>
        {
            using var process = NamespaceProcess.Start(
                new NamespaceProcessOptions("/bin/cat", ["/proc/self/status"]) { Namespaces = NamespaceKinds.None });
            using var reader = new StreamReader(process.Output);
            return reader.ReadToEnd();
        });
        AssertNone(status);
    }

    private static void AssertNone(string status)
    {
        Assert.Matches("Uid:\t65534", status);
        foreach (var set in (string[])["CapPrm", "CapEff", "CapAmb"])
        {
            Assert.Contains($"{set}:\t0000000000000000\n", status, StringComparison.Ordinal);
        }
    }

    /// <summary>
    /// Runs code on a thread of an ordinary user who has CAP_NET_RAW as an ambient capability. Other threads stay root's: the calls are the
    /// kernel's own.
    /// </summary>
    private static string OnUnprivilegedThread(Func<string> body)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the number of setresuid(2) is that of x64");
        var result = "";
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                const int KeepCapabilities = 8;
                const int Ambient = 47;
                const int Raise = 2;
                const int SetResUid = 117;
                Assert.Equal(0, prctl(KeepCapabilities, 1, 0, 0, 0));
                Assert.Equal(0, syscall(SetResUid, 65534, 65534, 65534));
                uint[] header = [0x20080522, 0];
                uint[] sets = [1u << NetRaw, 1u << NetRaw, 1u << NetRaw, 0, 0, 0];
                Assert.Equal(0, capset(header, sets));
                Assert.Equal(0, prctl(Ambient, Raise, NetRaw, 0, 0));
                result = body();
            }
#pragma warning disable CA1031 // Carried over to the test's thread, whatever it is.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException(failure.Message, failure);
    }

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint argument1, nint argument2, nint argument3);

    [LibraryImport("libc")]
    private static partial int capset(uint[] header, uint[] data);
}
