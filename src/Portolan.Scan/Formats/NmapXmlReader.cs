using System.Globalization;
using Portolan.Model;
using Portolan.Model.Xml;
using Portolan.Scan.Engine;
using Portolan.Scan.Formats.Replay;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>Reads XML of nmap, masscan or Portolan and tells it to observers as if the scan ran now (<c>--from-xml</c>).</summary>
/// <remarks>
/// The file is hostile: sizes and depths are bounded, document types are not read, every value is checked. It is read as it comes, so
/// memory does not grow with it (masscan's results are held up to a bound). An address is what it looks
/// like, because masscan writes <c>addrtype="ipv4"</c> for IPv6 as well. What services said first is carried over (nmap's script
/// <c>banner</c>, masscan's banners), what <c>-sV</c> found, the lines of other scripts, and traces; the registry's names of ports are not.
/// </remarks>
public sealed class NmapXmlReader
{
    private static readonly Advice Hint = $"give a file from nmap -oX, masscan -oX or portolan scan -oX";
    private readonly XmlPullReader _reader;
    private readonly string _file;
    private readonly ObserverList _observers;
    private readonly ReplayHead _head = new();
    private readonly HostElement _element;
    private readonly MasscanHosts _masscan;
    private readonly HashSet<string> _warnings = new(StringComparer.Ordinal);
    private readonly ReplayEnd _end = new();
    private bool _hasRoot;
    private bool _hasEnded;
    private bool _isStarted;
    private bool _isInHost;
    private string _section = string.Empty;

    /// <summary>Prepares to read.</summary>
    /// <param name="input">The file; stays the caller's.</param>
    /// <param name="file">Its name in messages.</param>
    /// <param name="observers">Receive the hosts and the end of the scan.</param>
    public NmapXmlReader(Stream input, string file, IReadOnlyList<IScanObserver> observers)
        : this(input, file, observers, MasscanHosts.UsuallyHeld)
    {
    }

    /// <summary>Prepares to read and holds so many of masscan's results.</summary>
    internal NmapXmlReader(Stream input, string file, IReadOnlyList<IScanObserver> observers, int mostHeld)
        : this(new XmlPullReader(input, skipsDocumentType: true), file, observers, mostHeld)
    {
    }

    private NmapXmlReader(XmlPullReader reader, string file, IReadOnlyList<IScanObserver> observers, int mostHeld)
    {
        _reader = reader;
        _file = file;
        _observers = new ObserverList(observers);
        _element = new HostElement(_head, Warn);
        _masscan = new MasscanHosts(FinishHost, Warn, mostHeld);
    }

    /// <summary>Reads a file that may hold several documents, as <c>nmap --append-output</c> writes them: a run for each.</summary>
    /// <exception cref="PortolanException">As of <see cref="Replay"/>.</exception>
    public static void ReplayAll(Stream input, string file, IReadOnlyList<IScanObserver> observers)
    {
        var reader = new XmlPullReader(input, skipsDocumentType: true) { ReadsSeveralDocuments = true };
        NmapXmlReader run;
        do
        {
            run = new NmapXmlReader(reader, file, observers, MasscanHosts.UsuallyHeld);
            run.Replay(CancellationToken.None);
        }
        while (run._hasEnded);
    }

    /// <summary>Reads the file to its end, or until cancelled or an observer fails, and reports the balance last.</summary>
    /// <returns>The balance as observers heard it: not complete when the file ends too early or says that its scan did not
    /// finish.</returns>
    /// <exception cref="PortolanException">The file is not such XML or cannot be read. What came before the fault was told, and the end
    /// too.</exception>
    public ScanEnd Replay(CancellationToken cancellation)
    {
        PortolanException? failure = null;
        try
        {
            while (!cancellation.IsCancellationRequested && !_observers.HasFailed && !_hasEnded && _reader.Read())
            {
                ReadNode();
            }

            _end.Incomplete ??= cancellation.IsCancellationRequested ? "interrupted" : null;
        }
        catch (XmlFormatException exception) when (exception.IsTruncated && _hasRoot)
        {
            _end.Incomplete = $"{_file} {exception.Message}: its scan was interrupted, and the rest is missing";
        }
        catch (XmlFormatException exception)
        {
            failure = new PortolanException($"{_file}: {exception.Message}", Hint, ExitCode.Failed, exception);
        }
        catch (PortolanException exception)
        {
            // It is longer than anything that is read.
            failure = exception;
        }
        catch (IOException exception)
        {
            failure = new PortolanException($"cannot read {_file}: {exception.Message}", inner: exception);
        }

        return Close(failure);
    }

    private ScanEnd Close(PortolanException? failure)
    {
        var balance = _end.ToBalance(_head, isComplete: false);
        if (_hasRoot)
        {
            _end.Incomplete ??= failure?.Message;
            EnsureStarted();
            if (_isInHost && _element.Host.Address is not null)
            {
                _element.Host.Partial = true;
                EndHost();
            }

            _masscan.Finish();
            if (_head.IsMasscan)
            {
                // masscan counts results as hosts.
                (_end.HostsUp, _end.HostsDown, _end.HostsTotal) = (_masscan.HostCount, 0, _masscan.HostCount);
            }

            balance = _end.ToBalance(_head, _end.Incomplete is null);
            _observers.Ended(balance);
        }

        if (failure is not null)
        {
            throw failure;
        }

        _observers.ThrowFailure();
        return balance;
    }

    private void ReadNode()
    {
        var isElement = _reader.Node == XmlNode.Element;
        if (_reader.Depth == 0)
        {
            ReadRoot(isElement);
        }
        else if (_reader.Depth == 1)
        {
            if (isElement)
            {
                StartSection();
            }

            if (_isInHost && (!isElement || _reader.IsEmpty) && _reader.Node != XmlNode.Text)
            {
                EndHost();
            }
        }
        else if (isElement && _isInHost)
        {
            _element.Read(_reader);
        }
        else if (_isInHost && _reader.Node == XmlNode.Text)
        {
            _element.ReadText(_reader);
        }
        else if (isElement && _section == "runstats")
        {
            _end.Read(_reader);
        }
    }

    private void ReadRoot(bool isElement)
    {
        if (!isElement || _reader.IsEmpty)
        {
            _hasEnded = _reader.ReadsSeveralDocuments;
        }

        if (!isElement)
        {
            return;
        }

        if (_reader.Name != "nmaprun")
        {
            throw _reader.Error($"the root element is '{_reader.Name}', not nmap's 'nmaprun'");
        }

        _head.ReadRoot(_reader);
        _hasRoot = true;
    }

    private void StartSection()
    {
        _section = _reader.Name;
        if (_section == "scaninfo")
        {
            _head.ReadPart(_reader);
        }
        else if (_section == "host")
        {
            EnsureStarted();
            _isInHost = true;
            _element.Start(_reader);
        }
    }

    private void EnsureStarted()
    {
        if (!_isStarted)
        {
            _isStarted = true;
            _observers.Started(_head.ToStart(_file));
        }
    }

    private void EndHost()
    {
        _isInHost = false;
        _element.End();
        var host = _element.Host;
        if (host.Address is null)
        {
            throw _reader.Error("a 'host' without an address");
        }

        if (_head.IsMasscan)
        {
            _masscan.Add(host, TellHost, TellPort);
            return;
        }

        if (host.Result.Status == HostStatus.Up)
        {
            TellHost(host.Host);
        }

        foreach (var port in host.Listed)
        {
            TellPort(host.Host, port);
        }

        _end.Count(host.Result.Status);
        FinishHost(host);
    }

    private void TellHost(HostResult host) => _observers.HostFound(host);

    private void TellPort(HostResult host, PortResult port)
    {
        if (port.State == PortState.Open)
        {
            _observers.PortFound(host.Target, port);
        }
    }

    private void FinishHost(ReplayedHost host) => _observers.HostFinished(host);

    private void Warn(string message)
    {
        if (_warnings.Add(message))
        {
            _observers.Warning(string.Create(CultureInfo.InvariantCulture, $"{_file}, line {_reader.Position.Line}: {message}"));
        }
    }
}
