using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Privilege;

/// <summary>Copies of the built program whose files grant capabilities, run by an ordinary user.</summary>
public sealed class GrantedProgram : IDisposable
{
    /// <summary>All that Portolan ever uses.</summary>
    public const string Everything =
        "cap_bpf,cap_dac_read_search,cap_ipc_lock,cap_kill,cap_net_admin,cap_net_bind_service,cap_net_raw,cap_perfmon,cap_sys_admin,"
            + "cap_sys_ptrace";

    private const string Nobody = "65534";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _copies = new(StringComparer.Ordinal);

    /// <summary>A folder that everybody may enter.</summary>
    internal string Folder => _folder.Path;

    /// <summary>The copy with these capabilities, in setcap's words, such as <c>cap_net_raw=p</c>.</summary>
    internal string With(string capabilities)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can give a file capabilities");
        if (!_copies.TryGetValue(capabilities, out var copy))
        {
            var setcap = Programs.Find("setcap", "/usr/sbin/setcap", "/sbin/setcap");
            File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
            var folder = Directory.CreateDirectory(_folder[$"granted{_copies.Count}"], (UnixFileMode)0b111_101_101).FullName;
            foreach (var name in new[] { "portolan", "portolan-server" })
            {
                File.Copy(Portolan.Tests.Support.Repository.PathOf("out", name), Path.Combine(folder, name));
                File.SetUnixFileMode(Path.Combine(folder, name), (UnixFileMode)0b111_101_101);
            }

            copy = Path.Combine(folder, "portolan");
            var result = Programs.Run(setcap, [capabilities, copy]);
            Assert.SkipUnless(result.ExitCode == 0, $"files cannot have capabilities here: {result.Error}");
            _copies.Add(capabilities, copy);
        }

        return copy;
    }

    /// <summary>The command line that runs a copy as an ordinary user.</summary>
    internal string[] CommandLine(string capabilities, params string[] args)
    {
        var setpriv = Programs.Find("setpriv", "/usr/bin/setpriv");
        return [setpriv, "--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--", With(capabilities), .. args];
    }

    /// <summary>Runs a copy as an ordinary user.</summary>
    internal RunResult Run(string capabilities, IReadOnlyDictionary<string, string?>? environment, params string[] args)
    {
        var words = CommandLine(capabilities, args);
        return Programs.Run(words[0], words[1..], folder: Folder, environment: environment);
    }

    /// <summary>The same in the environment of the test.</summary>
    internal RunResult Run(string capabilities, params string[] args) => Run(capabilities, environment: null, args);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
