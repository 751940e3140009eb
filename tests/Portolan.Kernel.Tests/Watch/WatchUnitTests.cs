using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Watch;

/// <summary>The unit of samples/systemd: systemd takes it, and it leaves little open.</summary>
public sealed class WatchUnitTests : IDisposable
{
    private const string Installed = "/usr/local/bin/portolan";

    // What systemd-analyze calls OK ends at 4.9. The unit says why each part is left open.
    private const string MostExposure = "36";

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-units").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_unit_is_valid_and_leaves_no_more_open_than_it_says()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed: apt-get install systemd");
        var unit = Path.Combine(_folder, "portolan-watch.service");
        File.WriteAllText(unit, Text().Replace(Installed, "/bin/true", StringComparison.Ordinal));
        var valid = Analyze("verify", "--man=no", unit);
        Assert.True(valid is { ExitCode: 0, Error: "" }, valid.Error);
        var exposure = Analyze("security", "--offline=yes", "--no-pager", $"--threshold={MostExposure}", unit);
        Assert.True(exposure.ExitCode == 0, exposure.Output + exposure.Error);
    }

    private static string Text() => File.ReadAllText(Repository.PathOf("samples", "systemd", "portolan-watch.service"));

    private static ProgramResult Analyze(params string[] words) =>
        ProgramRunner.Run("/usr/bin/systemd-analyze", words, TimeSpan.FromMinutes(1), CancellationToken.None);
}
