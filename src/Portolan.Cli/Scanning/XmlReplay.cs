using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Live;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.Output;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning;

/// <summary>Prints results that nmap, masscan or Portolan wrote as XML, in any form (<c>--from-xml</c>). Sends nothing.</summary>
internal static class XmlReplay
{
    /// <summary>Reads the file and returns the exit code.</summary>
    /// <param name="request">What to print.</param>
    /// <param name="file">The file; <c>-</c> is stdin.</param>
    /// <param name="options">What the formats need to know.</param>
    /// <param name="context">The streams.</param>
    /// <param name="cancellationToken">Ends it in order.</param>
    /// <exception cref="PortolanException">The file cannot be read or is no such XML.</exception>
    public static ExitCode Run(
        ScanRequest request, string file, ScanOutputOptions options, CommandContext context, CancellationToken cancellationToken)
    {
        if (request.Targets.Words.Count > 0 || request.Targets.InputFiles.Count > 0)
        {
            throw ScanErrors.Usage("--from-xml scans nothing and takes no targets", $"leave out the targets, or --from-xml");
        }

        if (request.Technique is { OwnStack: true } or { Banners: true } || request.Services.Settings is not null)
        {
            var option = request.Technique.OwnStack ? "--own-stack" : request.Technique.Banners ? "--banners" : request.Services.Word;
            throw ScanErrors.Usage(
                $"{option} cannot be combined with --from-xml, which connects to nothing",
                $"leave out {option}, or --from-xml; services and banners in the file are printed automatically");
        }

        using var input = Open(file, context);
        context.EndInOrder();
        using var files = OutputFiles.Open(request.Output, context, options);
        var status = StatusLine.For(context);
        List<IScanObserver> observers =
            [new RunNews(context.Error, status, new NewsStyle { SaysIncomplete = true }, context.Clock, keys: null)];
        if (!request.Output.StdoutIsTaken)
        {
            observers.Add(new LiveOutput(context.Writer, options, new LiveStyle
            {
                Status = status,
                IsTerminal = context.OutputIsTerminal,
                Color = context.OutputColor,
                Width = context.OutputWidth,
                WithBalance = false,
            }));
        }

        observers.AddRange(files.Writers);
        var end = new NmapXmlReader(input, file == "-" ? "standard input" : file, observers).Replay(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return end.IsComplete ? ExitCode.Success : ExitCode.Failed;
    }

    private static BoundedStream Open(string file, CommandContext context)
    {
        if (file == "-")
        {
            return new BoundedStream(context.OpenInputBytes(), InputLimit.ScanResults, "standard input");
        }

        try
        {
            return BoundedStream.Open(file, InputLimit.ScanResults);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PortolanException(
                $"--from-xml {file}: {NamedFile.WhyNot(e, file)}",
                $"give a file from nmap -oX, masscan -oX or portolan scan -oX", ExitCode.Usage, e);
        }
    }
}
