using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Fleet;

/// <summary>The units of samples/systemd: systemd takes them, little is left open, and both programs run within them.</summary>
public sealed class FleetUnitTests : IDisposable
{
    private const string Installed = "/usr/local/bin/portolan";

    // What systemd-analyze calls OK ends at 4.9; the page of serve, which reads the whole machine, has 7.
    private const string MostExposure = "20";

    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-units").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("portolan-fleet.service")]
    [InlineData("portolan-agent.service")]
    public void A_unit_is_valid_and_leaves_little_open(string name)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed: apt-get install systemd");
        var unit = Path.Combine(_folder, name);
        File.WriteAllText(unit, Text(name).Replace(Installed, "/bin/true", StringComparison.Ordinal));
        var valid = Analyze("verify", "--man=no", unit);
        Assert.True(valid is { ExitCode: 0, Error: "" }, valid.Error);
        var exposure = Analyze("security", "--offline=yes", "--no-pager", $"--threshold={MostExposure}", unit);
        Assert.True(exposure.ExitCode == 0, exposure.Output + exposure.Error);
    }

    [Fact]
    public void Both_programs_run_within_their_units()
    {
        Assert.SkipUnless(
            File.Exists(Path.Combine(BuiltProgram.Folder, "portolan-server")), "portolan-server is not built: ./test builds it");
        using var machine = SystemdMachine.Start();
        foreach (var (unit, user) in new[] { ("portolan-fleet", "portolan-fleet"), ("portolan-agent", "portolan-agent") })
        {
            // The program that the tests start is compiled as it runs; the one that ./install puts in place is not.
            var isCompiled = !File.Exists(Path.Combine(BuiltProgram.Folder, "portolan.dll"));
            var text = Text($"{unit}.service").Replace(Installed, SystemdMachine.PortolanPath, StringComparison.Ordinal)
                .Replace("MemoryDenyWriteExecute=yes", $"MemoryDenyWriteExecute={(isCompiled ? "yes" : "no")}", StringComparison.Ordinal)
                .Replace("[Service]", $"[Service]\nStandardError=append:/run/{unit}.log", StringComparison.Ordinal);
            machine.Shell($"cat > /etc/systemd/system/{unit}.service <<'U'\n{text}\nU\n");
            machine.Shell($"useradd --system --no-create-home --shell /usr/sbin/nologin {user}");
        }

        machine.Shell(
            """
            mkdir -p /etc/portolan; cd /etc/portolan; umask 077; echo secret > a.password
            printf 'zone: lan\nbroker: amqp://one@127.0.0.1:1/x\nbroker-password-file: a.password\nnetworks: [127.0.0.0/8]\n' > agent.yaml
            chown portolan-agent: agent.yaml a.password
            echo secret > f.password
            printf 'broker: amqp://one@127.0.0.1:1/x\nbroker-password-file: f.password\n' > fleet.yaml
            printf 'database: postgresql://one@127.0.0.1:1/x\ndatabase-password-file: f.password\n' >> fleet.yaml
            chown portolan-fleet: fleet.yaml f.password
            systemctl daemon-reload; systemctl start portolan-agent portolan-fleet
            """);
        WaitFor("portolan-agent", "\"broker-unreachable\"");
        Assert.Contains("raw packets", Log("portolan-agent"), StringComparison.Ordinal);
        WaitFor("portolan-fleet", "\"failed\"");
        Assert.Contains("the database does not work", Log("portolan-fleet"), StringComparison.Ordinal);
        machine.Shell("systemctl stop portolan-agent; systemctl show -P Result portolan-agent | grep -qx success");

        void WaitFor(string unit, string words) =>
            machine.WaitFor($"{unit} to say {words}", () => Log(unit).Contains(words, StringComparison.Ordinal));

        string Log(string unit) => machine.Run("cat", $"/run/{unit}.log").Output;
    }

    private static string Text(string name) => File.ReadAllText(Repository.PathOf("samples", "systemd", name));

    private static ProgramResult Analyze(params string[] words) =>
        ProgramRunner.Run("/usr/bin/systemd-analyze", words, TimeSpan.FromMinutes(1), CancellationToken.None);
}
