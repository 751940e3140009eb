using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Linux.Terminals;
using Portolan.Model.Invocation;

namespace Portolan.Server.Lab;

/// <summary>Where <c>--pcap</c> writes, and which packets.</summary>
internal static class CaptureOutput
{
    private const int BufferSize = 1 << 16;

    private const string Option = "--pcap";

    /// <summary>Sees that it can be written, before anything is started.</summary>
    /// <exception cref="PortolanException">Its folder is not there, stdout is a terminal, or the lab has no such host or
    /// network.</exception>
    internal static void Check(LabInvocation invocation, LabTopology topology)
    {
        _ = ViewOf(invocation, topology);
        if (IsStandardOutput(invocation))
        {
            if (StandardStream.Output.IsTerminal)
            {
                throw new PortolanException(
                    "--pcap - writes the capture to standard output, which is a terminal",
                    $"pipe it into a capture reader, e.g. wireshark -k -i - or tshark -r -; or give a file with --pcap",
                    ExitCode.Usage);
            }
        }
        else if (invocation.Capture is { } file && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
        {
            throw new PortolanException(
                $"{Option}: cannot write {file}: {NamedFile.WhyNoFolder(folder)}", NamedFile.MakingFolder(folder), ExitCode.Usage);
        }
    }

    /// <summary>Whether the capture goes to stdout, which then has nothing else.</summary>
    internal static bool IsStandardOutput(LabInvocation invocation) => invocation.Capture == LabInvocation.StandardOutput;

    /// <summary>Which packets it has.</summary>
    /// <exception cref="PortolanException">The lab has no such host or network.</exception>
    internal static CaptureView ViewOf(LabInvocation invocation, LabTopology topology) => invocation switch
    {
        { CaptureHost: { } host } => CaptureView.OfHost(topology, host),
        { CaptureNetwork: { } network } => CaptureView.OfNetwork(topology, network),
        { CapturesAll: true } => CaptureView.All,
        _ => CaptureView.Once,
    };

    /// <summary>Opens it. From now on what else is written to stdout goes to stderr, when the capture goes to stdout.</summary>
    /// <returns><c>null</c> when none is wanted.</returns>
    /// <exception cref="PortolanException">It may not be written.</exception>
    internal static CaptureStream? Open(LabInvocation invocation)
    {
        if (IsStandardOutput(invocation))
        {
            // Not buffered: who reads it sees each packet when it crosses the network.
            return new CaptureStream(StandardStream.TakeOutput());
        }

        var file = invocation.Capture;
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = BufferSize };
            return file is null ? null : new CaptureStream(new NamedOutputStream(NamedFile.Open(file, options), Option, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{Option}: cannot write {file}: {NamedFile.WhyNot(exception, file!, FileAccess.Write)}",
                $"give a file that this user may write",
                ExitCode.Failed,
                exception);
        }
    }
}
