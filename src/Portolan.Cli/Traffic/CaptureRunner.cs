using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Linux;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Capture;

namespace Portolan.Cli.Traffic;

/// <summary>Captures packets into a file, and says how many there are and how many the kernel dropped.</summary>
internal sealed class CaptureRunner
{
    private const int FileBuffer = 256 * 1024;

    private readonly CaptureRequest _request;
    private readonly CommandContext _context;
    private readonly SocketFilter _filter;

    /// <summary>Reads the filter, so that a wrong one is an error before anything is done.</summary>
    public CaptureRunner(CaptureRequest request, CommandContext context)
    {
        (_request, _context) = (request, context);
        var names = context.Machine.FilterNames(allNamespaces: false);
        _filter = request.Filter.Count == 0
            ? SocketFilter.Everything
            : SocketFilter.Parse(ListShorthand.Expand(request.Filter, () => names, out _) ?? request.Filter, names);
        if ((_filter.Needs & FilterNeeds.Rates) != 0)
        {
            throw new PortolanException(
                "a packet has no rate; rate is only available while traffic is counted", $"portolan traffic 'rate > 1M'", ExitCode.Usage);
        }
    }

    /// <summary>Captures until a limit is reached, or until it is ended.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        _context.EndInOrder();
        if (!RawAccess.IsAllowed())
        {
            throw new PortolanException(
                "packets cannot be captured: CAP_NET_RAW is missing", $"run it with sudo", ExitCode.NoPrivilege);
        }

        using var packets = PacketCapture.Open();
        var isFile = _request.Output != "-";
        using var target = new CaptureTarget(OpenFile, _request.Size, _request.Files > 1 ? Rotate : null, closes: isFile);
        var processes = new Dictionary<int, ProcessInfo?>();
        var directory = new SocketDirectory(_context.Machine.Sockets, _context.Machine.Owners, Process, _context.Clock);
        var interfaces = ReadInterfaces();
        var capture = new TrafficCapture(
            packets, directory, _filter, new CaptureLimits(_request.For, _request.Count, _request.Snap), target,
            new CaptureNames(
                index => interfaces.GetValueOrDefault(index) ?? string.Create(CultureInfo.InvariantCulture, $"if{index}"),
                (protocol, port) => protocol.Transport() is { } transport && port != 0
                    ? _context.Machine.Services.PrimaryNameText(new PortNumber(port), transport)
                    : null));
        if (_context.ErrorIsTerminal)
        {
            _context.Error.WriteLine("portolan: capturing; Ctrl-C ends it");
        }

        var began = _context.Clock.GetTimestamp();
        capture.Run(() => _context.Clock.GetElapsedTime(began), cancellationToken);
        target.Flush();
        Say(capture, target);
        cancellationToken.ThrowIfCancellationRequested();
        return ExitCode.Success;

        ProcessInfo? Process(int pid)
        {
            if (!processes.TryGetValue(pid, out var known))
            {
                processes.Add(pid, known = _context.Machine.Processes.Read(pid, ProcessFields.Document));
            }

            return known;
        }
    }

    private void Say(TrafficCapture capture, CaptureTarget target)
    {
        var size = new ByteSize((ulong)target.Bytes);
        _context.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"portolan: {capture.Written:N0} packets, {size}B; {capture.Dropped:N0} dropped by the kernel"));
        if (capture.Undecided > 0)
        {
            _context.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"portolan: {capture.Undecided:N0} packets were left out because their owners are hidden"));
        }
    }

    private Stream OpenFile()
    {
        if (_request.Output == "-")
        {
            return _context.Output;
        }

        try
        {
            return NamedFile.Open(
                _request.Output,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    Share = FileShare.Read,
                    BufferSize = FileBuffer,
                });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot write {_request.Output}: {NamedFile.WhyNot(exception, _request.Output, FileAccess.Write)}",
                $"give -o a writable file, or - for stdout", ExitCode.Failed, exception);
        }
    }

    /// <summary>FILE becomes FILE.1, that FILE.2, and the last one goes.</summary>
    private void Rotate()
    {
        for (var number = _request.Files - 1; number > 0; number--)
        {
            var older = string.Create(CultureInfo.InvariantCulture, $"{_request.Output}.{number}");
            var newer = number == 1
                ? _request.Output
                : string.Create(CultureInfo.InvariantCulture, $"{_request.Output}.{number - 1}");
            if (File.Exists(newer))
            {
                File.Move(newer, older, overwrite: true);
            }
        }
    }

    private static Dictionary<int, string> ReadInterfaces()
    {
        try
        {
            return HostNetwork.Read().Interfaces.ToDictionary(static i => i.Index, static i => i.Name);
        }
        catch (LinuxException)
        {
            return []; // numbers are shown then
        }
    }
}
