using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>Portolan as a .NET tool: packed, installed from a folder, and run.</summary>
public sealed class ToolTests
{
    [Fact]
    public void The_package_installs_from_a_folder_and_runs()
    {
        var dotnet = Programs.Find("dotnet", "/usr/share/dotnet/dotnet", "/usr/lib/dotnet/dotnet", "/usr/bin/dotnet");
        var package = Programs.Run(Repository.PathOf("scripts", "pack"), []).Expect(0).Output.Trim();
        Assert.EndsWith(".nupkg", package, StringComparison.Ordinal);

        using var folder = new TemporaryFolder();
        var packages = Repository.PathOf("artifacts", "packages");
        Programs.Run(dotnet, ["tool", "install", "Portolan", "--tool-path", folder.Path, "--source", packages], folder: folder.Path).Expect(
            0);

        var tool = folder["portolan"];
        var environment = new Dictionary<string, string?>(
            StringComparer.Ordinal)
        {
            ["DOTNET_ROOT"] =
                Path.GetDirectoryName(File.ResolveLinkTarget(dotnet, returnFinalTarget: true)?.FullName ?? dotnet)
        };
        Assert.Contains(
            "compiled as it runs", Programs.Run(tool, ["version"], environment: environment).Expect(0).Output, StringComparison.Ordinal);
        JsonSchema.AssertValid(Programs.Run(tool, ["list", "-tulpn", "--json"], environment: environment).Expect(0).Output);

        // The server is in the package too, and starts itself again in the lab's namespaces.
        Assert.Contains(
            "two-browsers", Programs.Run(tool, ["lab", "list"], environment: environment).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(
            "in the lab\n",
            Programs.Run(
                tool, ["lab", "run", "office", "--", "/bin/sh", "-c", "grep -q web.office.lab /etc/hosts && echo in the lab"],
                environment: environment).Expect(0).Output);
        Assert.Equal("", Programs.Run(tool, ["list", "--frobnicate"], environment: environment).Expect(2).Output);
    }
}
