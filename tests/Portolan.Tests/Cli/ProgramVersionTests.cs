using System.Reflection;
using System.Runtime.InteropServices;
using Portolan.Cli.Hosting;

namespace Portolan.Tests.Cli;

/// <summary>What the build writes into the program about itself.</summary>
public sealed class ProgramVersionTests
{
    [Fact]
    public void The_version_and_the_commit_are_those_of_the_assembly()
    {
        var (version, commit) = ProgramVersion.Read();
        Assert.Equal(
            typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            commit is null ? version : $"{version}+{commit}");
    }

    [Fact]
    public void A_program_compiled_as_it_runs_names_the_runtime_that_runs_it() =>
        Assert.Equal(RuntimeInformation.FrameworkDescription, ProgramVersion.Runtime);
}
