using System.Globalization;
using Portolan.Lab.Topology.Reading;
using Portolan.Linux;
using Portolan.Linux.Proc;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;
using Portolan.Watch.Documents;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// A program that gets each message on stdin, <c>portolan.alert/1</c> on one line, without capabilities, and for a limited time. Status 0
/// accepts the message. The file, and each folder above it, belongs to root or to this user, and no other user can write it: that is
/// checked before each run.
/// </summary>
internal sealed class ProgramReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["path", "arguments", "limit"];

    private const string SetPriv = "/usr/bin/setpriv";

    private const UnixFileMode OfOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(30);

    private readonly string _path;
    private readonly IReadOnlyList<string> _arguments;
    private readonly TimeSpan _limit;

    private ProgramReceiver(string path, IReadOnlyList<string> arguments, TimeSpan limit) =>
        (_path, _arguments, _limit) = (path, arguments, limit);

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var faults = context.Faults;
        var limit = map.Duration("limit", TimeSpan.FromSeconds(1), UsualLimit);
        var arguments = map.Node("arguments") is { } list
            ? MapReader.OneOrMore(list, "arguments", faults).Select(static item => item.Text).ToList() : [];
        if (context.Needed(map, "path", $"write path: /usr/local/bin/on-port") is not { } path)
        {
            return null;
        }

        if (Trouble(path.Text) is var (what, remedy))
        {
            faults.Error(path, what, remedy);
            return null;
        }

        return new ProgramReceiver(path.Text, arguments, limit);
    }

    /// <inheritdoc/>
    public async Task SendAsync(AlertMessage message, CancellationToken cancellation)
    {
        if (Trouble(_path) is var (what, _))
        {
            throw new AlertRefusedException(what);
        }

        ProgramResult result;
        try
        {
            result = await Task.Run(() => Run(AlertDocument.Bytes(message), cancellation), cancellation);
        }
        catch (PortolanException exception)
        {
            throw new AlertRefusedException(exception.Message, inner: exception);
        }

        if (result.ExitCode != 0)
        {
            var said = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() is { Length: > 0 } line
                ? $": {line[..Math.Min(line.Length, 200)]}" : "";
            throw new AlertRefusedException(string.Create(CultureInfo.InvariantCulture, $"{_path} ended with {result.ExitCode}{said}"));
        }
    }

    // Root's programs get every capability at execve(2), unless the bounding set is empty (capabilities(7)).
    private ProgramResult Run(byte[] input, CancellationToken cancellation)
    {
        string[] words = Environment.IsPrivilegedProcess
            ? ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--", _path, .. _arguments]
            : ["--no-new-privs", "--", _path, .. _arguments];
        return ProgramRunner.Run(SetPriv, words, _limit, cancellation, input: input);
    }

    private static (string What, Advice? Remedy)? Trouble(string path)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            return ($"{FaultList.Quote(path)} is not an absolute path", $"write path: /usr/local/bin/on-port");
        }

        if (RealPath.Of(path) is not { } real || !RealPath.IsRegular(real))
        {
            return ($"there is no program {FaultList.Quote(path)}", null);
        }

        if ((RealPath.PermissionsOf(real) & AnyExecute) is null or 0)
        {
            return ($"{FaultList.Shown(real)} is not executable", $"chmod u+x {real}");
        }

        for (var part = real; part is not null; part = Path.GetDirectoryName(part))
        {
            var mode = RealPath.PermissionsOf(part);
            var isSticky = part != real && (mode & UnixFileMode.StickyBit) is not (null or 0);
            if (mode is null || ((mode & OfOthers) != 0 && !isSticky))
            {
                return ($"other users can write {FaultList.Shown(part)}, and so choose what runs", $"chmod go-w {part}");
            }

            if (RealPath.OwnerOf(part) is not { } owner || (owner != 0 && owner != EffectiveUser.Id))
            {
                return ($"{FaultList.Shown(part)} belongs to another user, who chooses what runs", $"chown root: {part}");
            }
        }

        return null;
    }
}
